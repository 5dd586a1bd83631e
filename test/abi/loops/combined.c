/* ours only: libgomp hangs with a chunk of LONG_MAX.
 * parallel for in one call: GOMP_parallel_loop_*, and shared memory. */
#include "../check.h"

#define CHUNKED(kind, next) \
    void GOMP_parallel_loop_##kind(void (*)(void *), void *, unsigned, long, long, long, long, unsigned); \
    bool GOMP_loop_##next##_next(long *, long *); \
    BODY(kind, next)
#define RUNTIME(kind) \
    void GOMP_parallel_loop_##kind(void (*)(void *), void *, unsigned, long, long, long, unsigned); \
    bool GOMP_loop_##kind##_next(long *, long *); \
    BODY(kind, kind)
#define BODY(kind, next) \
    static void body_##kind(void *data) \
    { \
        long from, to; \
        while (GOMP_loop_##next##_next(&from, &to)) \
            for (long i = from; i > to; i -= 2) \
                _Pragma("omp atomic") ((int *)data)[i]++; \
        GOMP_loop_end_nowait(); \
    }
void GOMP_loop_end_nowait(void);
void GOMP_loop_end(void);
bool GOMP_loop_start(long, long, long, long, long, long *, long *, uintptr_t *, void **);
bool GOMP_loop_dynamic_next(long *, long *);
CHUNKED(static, static)
CHUNKED(dynamic, dynamic)
CHUNKED(guided, guided)
CHUNKED(nonmonotonic_dynamic, nonmonotonic_dynamic)
CHUNKED(nonmonotonic_guided, nonmonotonic_guided)
RUNTIME(runtime)
RUNTIME(nonmonotonic_runtime)
RUNTIME(maybe_nonmonotonic_runtime)

static int counts[400];

static void check(const char *what)
{
    for (int i = 0; i < 400; i++) {
        int want = i > 20 && i <= 399 && i % 2 == 1;
        CHECK(counts[i] == want, "%s: %d came %d times", what, i, counts[i]);
        counts[i] = 0;
    }
}

int main(void)
{
    for (int round = 0; round < 50; round++) {
#define RUN(kind, ...) \
        GOMP_parallel_loop_##kind(body_##kind, counts, 0, 399, 20, -2 __VA_ARGS__, 0); \
        check(#kind)
        RUN(static, , 0);
        RUN(static, , 3);
        RUN(dynamic, , 1);
        RUN(dynamic, , LONG_MAX);
        RUN(guided, , 2);
        RUN(nonmonotonic_dynamic, , 5);
        RUN(nonmonotonic_guided, , 1);
        RUN(runtime);
        RUN(nonmonotonic_runtime);
        RUN(maybe_nonmonotonic_runtime);

        int total = 0;
#pragma omp parallel reduction(+ : total)
        {
            long from, to;
            void *memory = (void *)64;
            if (GOMP_loop_start(0, 100, 1, 2, 3, &from, &to, NULL, &memory))
                do {
                    for (long i = from; i < to; i++)
#pragma omp atomic
                        ((int *)memory)[i % 16]++;
                } while (GOMP_loop_dynamic_next(&from, &to));
            GOMP_loop_end();
            if (omp_get_thread_num() == 0)
                for (int i = 0; i < 16; i++)
                    total += ((int *)memory)[i];
#pragma omp barrier
        }
        CHECK(total == 100, "shared memory counted %d", total);
    }
    return 0;
}
