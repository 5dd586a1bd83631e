/* ours only (GCC 12's libgomp hangs with `for reduction(task, ...)`)
 * Task reductions of cancelled constructs: the memory outlives every task that uses it.
 * env: OMP_CANCELLATION=true
 */
#include "../check.h"

static void loop(int round)
{
    long sum = 0;
    int shared = 0;
#pragma omp parallel shared(shared)
    {
#pragma omp for reduction(task, + : sum) schedule(dynamic)
        for (int i = 0; i < 200; i++) {
#pragma omp task in_reduction(+ : sum)
            sum += 1;
            if (i == 20 + round % 7) {
#pragma omp cancel for
            }
#pragma omp cancellation point for
        }
#pragma omp atomic
        shared++;
    }
    CHECK(sum >= 0 && sum <= 200, "%ld", sum);
    CHECK(shared == omp_get_max_threads(), "%d", shared);
}

static void region(int round)
{
    long sum = 0;
#pragma omp parallel reduction(task, + : sum)
    for (int i = 0; i < 50; i++) {
#pragma omp task in_reduction(+ : sum)
        {
            for (volatile int k = 0; k < 100; k++) {
            }
            sum += 1;
        }
        if (i == 10 + round % 7) {
#pragma omp cancel parallel
        }
#pragma omp cancellation point parallel
    }
    CHECK(sum >= 0 && sum <= 50L * omp_get_max_threads(), "%ld", sum);
}

static void group(int round)
{
    long sum = 0;
#pragma omp parallel
#pragma omp single
    {
#pragma omp taskgroup task_reduction(+ : sum)
        for (int i = 0; i < 100; i++) {
#pragma omp task in_reduction(+ : sum) firstprivate(i)
            {
                sum += 1;
                if (i == round % 50) {
#pragma omp cancel taskgroup
                }
            }
        }
        /* A taskloop in a cancelled group has no tasks, and its reductions change nothing. */
        long inner = 0;
#pragma omp taskgroup
        {
#pragma omp task shared(inner)
            {
#pragma omp cancel taskgroup
#pragma omp taskloop reduction(+ : inner)
                for (int i = 0; i < 10; i++)
                    inner++;
            }
        }
        CHECK(inner >= 0 && inner <= 10, "%ld", inner);
    }
    CHECK(sum >= 1 && sum <= 100, "%ld", sum);
}

int main(void)
{
    for (int round = 0; round < 200; round++) {
        loop(round);
        region(round);
        group(round);
    }
    return 0;
}
