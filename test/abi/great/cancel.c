/*
 * Teams far larger than the machine, in which constructs can be cancelled.
 * sizes: 7 64 300 1000
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
    /* The barriers of the next region are whole, whoever left those of the cancelled one. */
    int *seen = calloc(omp_get_max_threads(), sizeof *seen);
    for (int turn = 1; turn <= 5; turn++) {
#pragma omp parallel
        {
            int me = omp_get_thread_num(), all = omp_get_num_threads();
#pragma omp barrier
            if (me == turn * 37 % all) {
#pragma omp cancel parallel
            }
#pragma omp barrier
            CHECK(0, "thread %d of %d passed the barrier", me, all);
        }
#pragma omp parallel
        {
            int me = omp_get_thread_num(), all = omp_get_num_threads();
            seen[me] = turn;
#pragma omp barrier
            for (int other = 0; other < all; other++)
                CHECK(seen[other] == turn, "%d of %d in turn %d", seen[other], other, turn);
#pragma omp barrier
        }
    }
    free(seen);
    return 0;
}
