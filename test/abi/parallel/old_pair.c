/* GOMP_parallel_start and its kin, which compilers before GCC 4.9 wrote. */
#include "../check.h"

void GOMP_parallel_start(void (*)(void *), void *, unsigned);
void GOMP_parallel_end(void);
void GOMP_parallel_sections_start(void (*)(void *), void *, unsigned, unsigned);
unsigned GOMP_sections_next(void);
void GOMP_sections_end_nowait(void);
#define STARTS(kind, ...) \
    void GOMP_parallel_loop_##kind##_start(void (*)(void *), void *, unsigned, long, long, \
                                           long __VA_ARGS__); \
    bool GOMP_loop_##kind##_next(long *, long *);
STARTS(static, , long)
STARTS(dynamic, , long)
STARTS(guided, , long)
STARTS(runtime)
void GOMP_loop_end_nowait(void);

static int counts[1000];

static void body(void *data)
{
#pragma omp atomic
    ++*(int *)data;
}

#define LOOP_BODY(kind) \
    static void body_##kind(void *data) \
    { \
        long from, to; \
        (void)data; \
        while (GOMP_loop_##kind##_next(&from, &to)) \
            for (long i = from; i < to; i += 3) \
                _Pragma("omp atomic") counts[i]++; \
        GOMP_loop_end_nowait(); \
    }
LOOP_BODY(static)
LOOP_BODY(dynamic)
LOOP_BODY(guided)
LOOP_BODY(runtime)

static void body_sections(void *data)
{
    (void)data;
    for (unsigned s; (s = GOMP_sections_next());)
#pragma omp atomic
        counts[s]++;
    GOMP_sections_end_nowait();
}

static void check(const char *what, int from, int to, int step)
{
    for (int i = 0; i < 1000; i++) {
        int want = i >= from && i < to && (i - from) % step == 0;
        CHECK(counts[i] == want, "%s: %d came %d times", what, i, counts[i]);
    }
    memset(counts, 0, sizeof counts);
}

#define RUN(kind, ...) \
    GOMP_parallel_loop_##kind##_start(body_##kind, NULL, 0, 10, 900, 3 __VA_ARGS__); \
    body_##kind(NULL); \
    GOMP_parallel_end(); \
    check(#kind, 10, 900, 3)

int main(void)
{
    for (int round = 0; round < 100; round++) {
        int n = 0;
        GOMP_parallel_start(body, &n, 0);
        body(&n);
        GOMP_parallel_end();
        CHECK(n == omp_get_max_threads(), "%d threads", n);
        CHECK(omp_get_level() == 0, "level %d after the end", omp_get_level());
        RUN(static, , 0);
        RUN(static, , 7);
        RUN(dynamic, , 7);
        RUN(guided, , 2);
        RUN(runtime);
        GOMP_parallel_sections_start(body_sections, NULL, 0, 9);
        body_sections(NULL);
        GOMP_parallel_end();
        check("sections", 1, 10, 1);
    }
    return 0;
}
