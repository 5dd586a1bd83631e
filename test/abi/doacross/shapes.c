/* ordered(n) with collapsed dimensions, unsigned bounds, no iterations,
   bounds whose ranks need more than 64 bits, and sinks outside of the loop. */
#include "../check.h"

static long done[64][64];

static void collapsed(int n, int m, int k)
{
    static int last[32][32];
    memset(last, 0, sizeof last);
#pragma omp parallel
#pragma omp for collapse(2) ordered(3) schedule(dynamic, 2)
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++)
            for (int l = 0; l < k; l++) {
#pragma omp ordered depend(sink : i, j - 1, l) depend(sink : i - 1, j, l)
                if (j > 0)
                    CHECK(last[i][j - 1] > l, "%d %d %d", i, j, l);
                if (i > 0)
                    CHECK(last[i - 1][j] > l, "%d %d %d", i, j, l);
                last[i][j] = l + 1;
#pragma omp ordered depend(source)
            }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++)
            CHECK(last[i][j] == k, "%d %d", i, j);
}

/* GCC 12 counts unsigned dimensions that go down the wrong way in its sinks. */
#define STEP 0x200000000000000ULL
static void unsigned_up(unsigned long long from, int count)
{
    unsigned long long end = from + STEP * (unsigned long long) count;
    memset(done, 0, sizeof done);
#pragma omp parallel
#pragma omp for ordered(2) schedule(static, 1)
    for (unsigned long long i = from; i < end; i += STEP)
        for (unsigned long long j = from; j < end; j += STEP) {
#pragma omp ordered depend(sink : i - STEP, j - STEP)
            unsigned long long a = (i - from) / STEP, b = (j - from) / STEP;
            if (a > 0 && b > 0)
                CHECK(done[a - 1][b - 1], "%llu %llu", a, b);
            done[a][b] = 1;
#pragma omp ordered depend(source)
        }
    for (int a = 0; a < count; a++)
        for (int b = 0; b < count; b++)
            CHECK(done[a][b], "%d %d", a, b);
}

static void without_iterations(long n, long m, long k)
{
    long ran = 0;
#pragma omp parallel reduction(+ : ran)
    {
#pragma omp for ordered(3) schedule(guided)
        for (long i = 0; i < n; i++)
            for (long j = m; j > 0; j--)
                for (long l = 0; l < k; l += 3) {
#pragma omp ordered depend(sink : i - 1, j, l)
                    ran++;
#pragma omp ordered depend(source)
                }
#pragma omp for ordered(1) schedule(runtime) nowait
        for (unsigned long i = 7; i < (unsigned long) n; i++) {
#pragma omp ordered depend(sink : i - 1)
            ran++;
#pragma omp ordered depend(source)
        }
    }
    CHECK(ran == 0, "%ld", ran);
}

/* The entries themselves, as GCC calls them. */
bool GOMP_loop_ull_doacross_dynamic_start(unsigned, unsigned long long *, unsigned long long,
                                          unsigned long long *, unsigned long long *);
bool GOMP_loop_ull_doacross_start(unsigned, unsigned long long *, long, unsigned long long,
                                  unsigned long long *, unsigned long long *, uintptr_t *,
                                  void **);
bool GOMP_loop_doacross_start(unsigned, long *, long, long, long *, long *, uintptr_t *, void **);
bool GOMP_loop_ull_dynamic_next(unsigned long long *, unsigned long long *);
bool GOMP_loop_static_next(long *, long *);
bool GOMP_loop_ull_guided_next(unsigned long long *, unsigned long long *);
void GOMP_doacross_ull_post(unsigned long long *);
void GOMP_doacross_ull_wait(unsigned long long, ...);
void GOMP_doacross_post(long *);
void GOMP_doacross_wait(long, ...);
void GOMP_loop_end(void);

/* The ranks of all iterations would need 128 bits; a few iterations at the
   start of each inner dimension are executed. */
static void wide(int kind)
{
    enum { ROWS = 9, STEPS = 40 };
    static volatile unsigned long long column[ROWS];
    for (int i = 0; i < ROWS; i++)
        column[i] = 0;
#pragma omp parallel
    {
        unsigned long long counts[3] = { ROWS, 1ULL << 63, ~0ULL }, from, to;
        void *memory = (void *) 24;
        bool more = kind == 2 ? GOMP_loop_ull_doacross_dynamic_start(3, counts, 2, &from, &to)
                              : GOMP_loop_ull_doacross_start(3, counts, kind, 2, &from, &to, NULL,
                                                             &memory);
        while (more) {
            for (unsigned long long i = from; i < to; i++)
                for (unsigned long long s = 0; s < STEPS; s++) {
                    unsigned long long j = s / 5 << 59, k = s % 5 << 61;
                    if (i > 0) {
                        GOMP_doacross_ull_wait(i - 1, j, k);
                        CHECK(column[i - 1] > s, "%llu %llu", i, s);
                    }
                    CHECK(column[i] == s, "%llu %llu", i, s);
                    column[i] = s + 1;
                    GOMP_doacross_ull_post((unsigned long long[]){ i, j, k });
                }
            more = kind == 3 ? GOMP_loop_ull_guided_next(&from, &to)
                             : GOMP_loop_ull_dynamic_next(&from, &to);
        }
        GOMP_loop_end();
    }
    for (int i = 0; i < ROWS; i++)
        CHECK(column[i] == STEPS, "%d", i);
}

/* Shared memory beside the loop, and a static schedule without a chunk size. */
static void with_memory(void)
{
    enum { ROWS = 50 };
#pragma omp parallel
    {
        long counts[2] = { ROWS, 4 }, from, to;
        void *memory = (void *) (ROWS * sizeof(long));
        bool more =
            GOMP_loop_doacross_start(2, counts, 0x80000001L, 0, &from, &to, NULL, &memory);
        long *row = memory;
        for (; more; more = GOMP_loop_static_next(&from, &to))
            for (long i = from; i < to; i++)
                for (long j = 0; j < 4; j++) {
                    if (i > 0) {
                        GOMP_doacross_wait(i - 1, j);
                        CHECK(row[i - 1] >= j + 1, "%ld %ld", i, j);
                    }
                    CHECK(row[i] == j, "%ld %ld", i, j);
                    row[i] = j + 1;
                    GOMP_doacross_post((long[]){ i, j });
                }
        GOMP_loop_end();
    }
}

int main(void)
{
    collapsed(5, 7, 6);
    collapsed(31, 1, 3);
    collapsed(1, 1, 1);
    unsigned_up(~0ULL - 20 * STEP, 20);
    unsigned_up(1ULL << 63, 1);
    without_iterations(0, 5, 5);
    without_iterations(5, 0, 5);
    without_iterations(5, 5, 0);
    for (int round = 0; round < 5; round++) {
        wide(2);
        wide(3);
        with_memory();
    }
    return 0;
}
