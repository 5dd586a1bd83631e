/*
 * A cancelled taskloop: its group's tasks that have not begun do not run, and the
 * reduction has the results of the others.
 * env: OMP_CANCELLATION=true
 */
#include "../check.h"

static void before_it_began(void)
{
    long ran = 0, sum = 7;
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup
    {
#pragma omp task shared(ran, sum)
        {
#pragma omp taskgroup
            {
#pragma omp task if (0)
                {
#pragma omp cancel taskgroup
                }
#pragma omp taskloop nogroup shared(ran) num_tasks(50)
                for (int i = 0; i < 1000; i++)
#pragma omp atomic
                    ran++;
            }
        }
    }
    CHECK(ran == 0, "%ld", ran);
    CHECK(sum == 7, "%ld", sum);
}

/* Team of n: the first task to run cancels; those that run at the same time wait for
 * that, so that no thread runs more than one. */
static void by_a_task(void)
{
    int n = 0;
    long ran = 0, sum = 0;
#pragma omp parallel
#pragma omp single
    {
        n = omp_get_num_threads();
#pragma omp taskloop shared(ran) reduction(+ : sum) num_tasks(40)
        for (int i = 0; i < 40; i++) {
            if (__atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED) == 0) {
                sum++;
#pragma omp cancel taskgroup
            }
            while (__atomic_load_n(&ran, __ATOMIC_RELAXED) > 0) {
#pragma omp cancellation point taskgroup
            }
        }
    }
    CHECK(ran <= n && sum == 1, "%ld ran, %ld counted, %d threads", ran, sum, n);
}

int main(void)
{
    for (int round = 0; round < 100; round++) {
        before_it_began();
        by_a_task();
    }
    return 0;
}
