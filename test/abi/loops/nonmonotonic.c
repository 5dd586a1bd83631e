/* Loops whose chunks may come in any order: each iteration runs once, and no iteration
 * waits for a busy thread that has not begun it. Also loops whose chunks must come in
 * order. */
#include "../check.h"

enum { n = 5000 };
typedef unsigned long long ull;
bool GOMP_loop_nonmonotonic_dynamic_start(long, long, long, long, long *, long *);
bool GOMP_loop_nonmonotonic_dynamic_next(long *, long *);
bool GOMP_loop_ull_nonmonotonic_dynamic_start(bool, ull, ull, ull, ull, ull *, ull *);
bool GOMP_loop_ull_nonmonotonic_dynamic_next(ull *, ull *);
void GOMP_loop_end_nowait(void);

static int counts[n];

static void all_once(const char *what, int from, int to, int step)
{
    for (int i = 0; i < n; i++) {
        int expected = i >= from && i < to && (i - from) % step == 0;
        CHECK(counts[i] == expected, "%s: iteration %d ran %d times", what, i, counts[i]);
        counts[i] = 0;
    }
}

static void hit(long i)
{
#pragma omp atomic
    counts[i]++;
}

static int read_of(int *shared)
{
    int seen;
#pragma omp atomic read
    seen = *shared;
    return seen;
}

static void small(int length, int chunk)
{
#pragma omp parallel
    {
#pragma omp for schedule(nonmonotonic : dynamic, chunk) nowait
        for (int i = 0; i < length; i++)
            hit(i);
#pragma omp for schedule(dynamic, chunk) nowait
        for (long i = 99 + length; i >= 100; i--)
            hit(i);
#pragma omp for schedule(dynamic, chunk)
        for (long long i = 200; i < 200 + 3 * (long long)length; i += 3)
            hit(i);
    }
    for (int i = 0; i < length; i++) {
        CHECK(counts[i] == 1 && counts[100 + i] == 1, "%d %d: iteration %d", length, chunk, i);
        counts[i] = counts[100 + i] = 0;
    }
    all_once("steps of 3", 200, 200 + 3 * length, 3);
}

/* All threads but one stay in their first iteration until all others are done. So no
 * other iteration may be reserved for them. */
static void one_does_it_all(int round, int length)
{
    static __thread int in;
    int arrived = 0, done = 0;
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < length; i++) {
        int size = omp_get_num_threads(), busy = size;
        if (in != round) {
            in = round;
#pragma omp atomic capture
            busy = ++arrived;
        }
        if (busy < size)
            while (read_of(&done) < length - (size - 1))
                usleep(100);
        hit(i);
#pragma omp atomic
        done++;
    }
    all_once("one thread", 0, length, 1);
}

/* Chunks of a long range: their sizes add up, and another chunk begins where each one
 * ends. */
static ull mix(ull x)
{
    x = (x ^ x >> 31) * 0x9e3779b97f4a7c15u;
    return x ^ x >> 29;
}

static void far(bool up, ull start, ull end, ull incr, ull chunk)
{
    ull length = 0, ends = 0;
#pragma omp parallel reduction(+ : length, ends)
    {
        ull from, to;
        bool more = GOMP_loop_ull_nonmonotonic_dynamic_start(up, start, end, incr, chunk, &from, &to);
        for (; more; more = GOMP_loop_ull_nonmonotonic_dynamic_next(&from, &to)) {
            CHECK(up ? from < to : from > to, "%llu %llu", from, to);
            length += to - from;
            ends += mix(to) - mix(from);
        }
        GOMP_loop_end_nowait();
    }
    CHECK(length == end - start && ends == mix(end) - mix(start), "%llu to %llu", start, end);
}

static void far_signed(long start, long end, long incr, long chunk)
{
    ull length = 0, ends = 0;
#pragma omp parallel reduction(+ : length, ends)
    {
        long from, to;
        bool more = GOMP_loop_nonmonotonic_dynamic_start(start, end, incr, chunk, &from, &to);
        for (; more; more = GOMP_loop_nonmonotonic_dynamic_next(&from, &to)) {
            CHECK(incr > 0 ? from < to : from > to, "%ld %ld", from, to);
            length += (ull)to - (ull)from;
            ends += mix(to) - mix(from);
        }
        GOMP_loop_end_nowait();
    }
    CHECK(length == (ull)end - (ull)start && ends == mix(end) - mix(start), "%ld to %ld", start, end);
}

/* A thread's chunks come in increasing order if the directive or the ICV says so. */
static void growing(void)
{
#pragma omp parallel
    {
        int last = -1;
#pragma omp for schedule(monotonic : dynamic, 3)
        for (int i = 0; i < n; i++) {
            CHECK(i > last, "%d after %d", i, last);
            last = i;
            hit(i);
        }
    }
    all_once("monotonic", 0, n, 1);
    omp_set_schedule(omp_sched_dynamic | omp_sched_monotonic, 2);
#pragma omp parallel
    {
        int last = -1;
#pragma omp for schedule(runtime)
        for (int i = 0; i < n; i++) {
            CHECK(i > last, "%d after %d", i, last);
            last = i;
            hit(i);
        }
    }
    all_once("monotonic: runtime", 0, n, 1);
    omp_set_schedule(omp_sched_dynamic, 2);
#pragma omp parallel
    {
        int last = -1;
#pragma omp for schedule(monotonic : runtime)
        for (int i = 0; i < n; i++) {
            CHECK(i > last, "%d after %d", i, last);
            last = i;
            hit(i);
        }
#pragma omp for schedule(runtime)
        for (int i = 0; i < n; i++)
            hit(i);
    }
    for (int i = 0; i < n; i++)
        counts[i]--;
    all_once("runtime", 0, n, 1);
}

int main(void)
{
    for (int length = 0; length < 40; length++)
        for (int chunk = 1; chunk < 5; chunk++)
            small(length, chunk);
    small(30, 1000);
    small(30, INT_MAX);

    /* More loops than there are epochs, the threads far apart. */
    long total = 0;
#pragma omp parallel reduction(+ : total)
    for (int loop = 0; loop < 1000; loop++) {
        if (loop % 100 == omp_get_thread_num())
            usleep(100);
#pragma omp for schedule(dynamic) nowait
        for (int i = 0; i < 40; i++)
            total += i;
    }
    CHECK(total == 1000L * 780, "%ld", total);

    /* Work that is all at one end, or on one thread. */
    for (int round = 0; round < 4; round++) {
#pragma omp parallel for schedule(dynamic, 1 + round)
        for (int i = 0; i < n; i++) {
            if (round % 2 ? i > n - 40 : omp_get_thread_num() == 0 && i % 97 == 0)
                usleep(100);
            hit(i);
        }
        all_once("uneven", 0, n, 1);
    }
    /* The values of the last iteration, whichever thread executed it. */
    for (int length = 1; length < 100; length++) {
        long last = -1, of_two = -1;
#pragma omp parallel
        {
#pragma omp for schedule(dynamic) lastprivate(last) nowait
            for (long i = 0; i < length; i++)
                last = i;
#pragma omp for schedule(dynamic, 4) collapse(2) lastprivate(of_two)
            for (long i = 0; i < length; i++)
                for (long j = 9; j >= 0; j -= 3)
                    of_two = 10 * i + j;
        }
        CHECK(last == length - 1 && of_two == 10 * last, "%d: %ld %ld", length, last, of_two);
    }
    for (int round = 1; round < 20; round++)
        one_does_it_all(round, 200);

    /* Two in a row. */
    for (int round = 0; round < 50; round++) {
#pragma omp parallel
        {
#pragma omp for schedule(dynamic) nowait
            for (int i = 0; i < n; i++)
                if (i % 2)
                    hit(i - 1);
                else
                    hit(i + 1);
#pragma omp for schedule(dynamic, 7)
            for (int i = 0; i < n; i++)
                hit(i);
        }
        for (int i = 0; i < n; i++)
            counts[i]--;
        all_once("twice", 0, n, 1);
    }

    far(true, 0, ULLONG_MAX, 1, 1ull << 50);
    far(true, 5, ULLONG_MAX, 3, 1ull << 48);
    far(true, ULLONG_MAX - 1000, ULLONG_MAX, 7, 1);
    far(false, ULLONG_MAX, 0, -1ull, 1ull << 50);
    far(false, ULLONG_MAX, ULLONG_MAX - 1000, -7ull, 2);
    far(true, 0, 1ull << 40, 1ull << 20, 1);
    far_signed(LONG_MIN, LONG_MAX, 1, LONG_MAX / 1000);
    far_signed(LONG_MAX, LONG_MIN, -1, LONG_MAX / 1000);
    far_signed(LONG_MAX, LONG_MAX - 999, -7, 3);
    growing();
    return 0;
}
