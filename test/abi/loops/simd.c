/* ours only
 * Loops with schedule(simd: ...) as flang compiles them: all chunks but the last are multiples
 * of the width, and of the chunk size that schedule(runtime) stands for.
 */
#include "../check.h"
#include <stdint.h>

enum { STATIC_SIMD = 45, GUIDED_SIMD = 46, RUNTIME_SIMD = 47, WIDTH = 4, N = 1003 };

int __kmpc_global_thread_num(void *);
void __kmpc_dispatch_init_4(void *, int, int, int, int, int, int);
int __kmpc_dispatch_next_4(void *, int, int *, int *, int *, int *);
void __kmpc_dispatch_init_8u(void *, int, int, uint64_t, uint64_t, int64_t, int64_t);
int __kmpc_dispatch_next_8u(void *, int, int *, uint64_t *, uint64_t *, int64_t *);

static void loop(int schedule, int multiple, const char *what)
{
    int times[N] = {0}, lasts = 0;

#pragma omp parallel
    {
        int thread = __kmpc_global_thread_num(NULL), last = 0, lower, upper, incr;

        __kmpc_dispatch_init_4(NULL, thread, schedule, 10, 10 + 3 * (N - 1), 3, WIDTH);
        while (__kmpc_dispatch_next_4(NULL, thread, &last, &lower, &upper, &incr)) {
            int count = (upper - lower) / 3 + 1;
            CHECK(incr == 3, "%s: %d", what, incr);
            CHECK(last || count % multiple == 0, "%s: %d iterations", what, count);
            for (int i = lower; i <= upper; i += incr)
#pragma omp atomic
                times[(i - 10) / 3]++;
#pragma omp atomic
            lasts += last;
        }
    }
    for (int i = 0; i < N; i++)
        CHECK(times[i] == 1, "%s: iteration %d: %d times", what, i, times[i]);
    CHECK(lasts == 1, "%s: %d last ones", what, lasts);
}

static void all(omp_sched_t kind, int chunk, int multiple, const char *what)
{
    omp_set_schedule(kind, chunk);
    loop(RUNTIME_SIMD, multiple, what);
}

int main(void)
{
    loop(STATIC_SIMD, WIDTH, "static");
    loop(GUIDED_SIMD, WIDTH, "guided");
    all(omp_sched_static, 0, WIDTH, "runtime: static");
    all(omp_sched_static, 3, 3 * WIDTH, "runtime: static,3");
    all(omp_sched_auto, 0, WIDTH, "runtime: auto");
    all(omp_sched_dynamic, 0, WIDTH, "runtime: dynamic");
    all(omp_sched_dynamic, 3, 3 * WIDTH, "runtime: dynamic,3");
    all(omp_sched_guided, 0, WIDTH, "runtime: guided");
    all(omp_sched_guided, 3, 3 * WIDTH, "runtime: guided,3");
    all(omp_sched_static | omp_sched_monotonic, 2, 2 * WIDTH, "runtime: monotonic:static,2");
    all(omp_sched_dynamic | omp_sched_monotonic, 2, 2 * WIDTH, "runtime: monotonic:dynamic,2");

    uint64_t sum = 0;
    omp_set_schedule(omp_sched_guided, 2);
#pragma omp parallel reduction(+ : sum)
    {
        int thread = __kmpc_global_thread_num(NULL), last;
        uint64_t lower, upper;
        int64_t incr;

        __kmpc_dispatch_init_8u(NULL, thread, RUNTIME_SIMD, 1, N, 1, WIDTH);
        while (__kmpc_dispatch_next_8u(NULL, thread, &last, &lower, &upper, &incr))
            for (uint64_t i = lower; i <= upper; i++)
                sum += i;
    }
    CHECK(sum == (uint64_t)N * (N + 1) / 2, "%llu", (unsigned long long)sum);
    return 0;
}
