/*
 * Threads that wait passively and are woken for a task execute it: the tasks
 * of each round wait for each other.
 * env: OMP_WAIT_POLICY=passive
 */
#include "../check.h"
#include <sched.h>

int main(void)
{
    int tasks = omp_get_max_threads() < 2 ? 1 : 2;

    for (int round = 0; round < 20; round++) {
        int begun = 0;
#pragma omp parallel
#pragma omp master
        {
            usleep(2000); /* the others fall asleep */
            for (int i = 0; i < tasks; i++)
#pragma omp task shared(begun)
            {
                __atomic_fetch_add(&begun, 1, __ATOMIC_RELAXED);
                while (__atomic_load_n(&begun, __ATOMIC_RELAXED) < tasks)
                    sched_yield();
            }
        }
        CHECK(begun == tasks, "round %d: %d of %d", round, begun, tasks);
    }
    return 0;
}
