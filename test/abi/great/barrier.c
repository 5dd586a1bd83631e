/*
 * Barriers of teams far larger than the machine: members that sleep there are woken one at
 * a time for tasks, and all at the end.
 * sizes: 7 33 64 300 1000
 * env: OMP_STACKSIZE=64k OMP_MAX_ACTIVE_LEVELS=2 OMP_DYNAMIC=false
 * unwatched: valgrind has no 500 threads
 */
#include "../check.h"
#include <unistd.h>

static long done, sum, inner;

static void count(long *what)
{
#pragma omp atomic
    ++*what;
}

static long read_of(long *what)
{
    long now;
#pragma omp atomic read seq_cst
    now = *what;
    return now;
}

int main(void)
{
    /* Everyone sees what everyone wrote before the barrier. */
    int threads = omp_get_max_threads(), rounds = threads > 64 ? 5 : 50;
    int *seen = calloc(threads, sizeof *seen);
#pragma omp parallel
    {
        int me = omp_get_thread_num(), all = omp_get_num_threads();
        for (int round = 1; round <= rounds; round++) {
            seen[me] = round;
#pragma omp barrier
            for (int other = 0; other < all; other++)
                CHECK(seen[other] == round, "%d of %d in round %d", seen[other], other, round);
#pragma omp barrier
        }
    }

    /* The others sleep at the barrier. One of them wakes up for each task, because the task's
     * creator does nothing until it is done. */
#pragma omp parallel
    for (int round = 0; round < 5; round++) {
        int creator = round * 13 % omp_get_num_threads();
        if (omp_get_thread_num() == creator) {
            usleep(20000);
            for (int i = 0; i < 3; i++) {
                long before = read_of(&done);
#pragma omp task
                count(&done);
                while (read_of(&done) == before)
                    usleep(100);
            }
        }
#pragma omp barrier
        CHECK(read_of(&done) == 3 * (round + 1), "%ld tasks in round %d", done, round);
#pragma omp barrier
    }

    /* Members that are at the barrier execute tasks, which have teams and barriers of
     * their own. */
    done = 0;
#pragma omp parallel
    for (int round = 0; round < 3; round++) {
#pragma omp single nowait
        for (int i = 0; i < 20; i++) {
#pragma omp task
            {
#pragma omp parallel num_threads(3)
                {
                    count(&inner);
#pragma omp barrier
#pragma omp task
                    count(&inner);
                }
                count(&done);
            }
        }
#pragma omp task
        count(&sum);
#pragma omp barrier
        CHECK(read_of(&done) == 20 * (round + 1), "%ld of %d", done, 20 * (round + 1));
        CHECK(read_of(&sum) == (long)omp_get_num_threads() * (round + 1), "%ld", sum);
#pragma omp barrier
    }
    CHECK(inner == 3 * 20 * 6, "%ld", inner);

    /* Regions of other sizes use other beds of the same team. */
    for (int size = threads; size > 1; size = size * 2 / 3) {
        long here = 0;
#pragma omp parallel num_threads(size)
        for (int round = 0; round < 2; round++) {
            count(&here);
#pragma omp barrier
            CHECK(here == (long)size * (round + 1), "%ld at %d", here, size);
#pragma omp barrier
        }
    }
    free(seen);
    return 0;
}
