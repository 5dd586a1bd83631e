/*
 * Teams far larger than the machine, in which constructs can be cancelled.
 * sizes: 300 1000
 * env: OMP_STACKSIZE=64k OMP_CANCELLATION=true
 * unwatched: valgrind has no 500 threads
 */
#include "../check.h"

static long done, here;

int main(void)
{
#pragma omp parallel
    {
#pragma omp atomic
        here++;
    }
    /* All members finish the phase together, and the next one. */
#pragma omp parallel
    for (int round = 0; round < 3; round++) {
#pragma omp single
        for (int i = 0; i < 100; i++) {
#pragma omp task
            {
#pragma omp atomic
                done++;
            }
        }
#pragma omp master
        {
            CHECK(done == 100, "%ld", done);
            done = 0;
        }
#pragma omp barrier
    }
    /* All but a few tasks are discarded. */
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup
    for (int i = 0; i < 500; i++) {
#pragma omp task
        {
#pragma omp cancel taskgroup
        }
    }
    for (int round = 0; round < 3; round++) {
        done = 0;
#pragma omp parallel
        {
#pragma omp task
            {
#pragma omp atomic
                done++;
            }
            if (omp_get_thread_num() == 3) {
#pragma omp cancel parallel
            }
#pragma omp barrier
        }
        CHECK(done <= here, "%ld of %ld", done, here);
    }
    return 0;
}
