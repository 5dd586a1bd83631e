/*
 * Teams far larger than the machine: tasks by one thread, by all, nested, with
 * dependences, and after barriers. Looking for tasks and waiting for
 * them takes a time that does not grow with the square of the team: a region of
 * 100 tasks in a team of 2,000 once took two seconds, and this test minutes.
 * sizes: 300 3000
 * env: OMP_STACKSIZE=64k
 * unwatched: valgrind has no 500 threads
 */
#include "../check.h"

static long done, here;

static void count(void)
{
#pragma omp atomic
    done++;
}

static void check(long expected)
{
    CHECK(done == expected, "%ld of %ld", done, expected);
    done = 0;
}

static void tree(int depth)
{
    if (depth == 0) {
        count();
        return;
    }
#pragma omp task
    tree(depth - 1);
#pragma omp task
    tree(depth - 1);
#pragma omp taskwait
}

int main(void)
{
#pragma omp parallel
    {
#pragma omp atomic
        here++;
    }
    for (int round = 0; round < 30; round++) {
#pragma omp parallel
#pragma omp single
        for (int i = 0; i < 100; i++) {
#pragma omp task
            count();
        }
        check(100);
    }
#pragma omp parallel
    for (int round = 0; round < 20; round++) {
#pragma omp single nowait
        for (int i = 0; i < 100; i++) {
#pragma omp task
            count();
        }
#pragma omp barrier
#pragma omp master
        check(100);
#pragma omp barrier
    }
    /* Only the region's end waits. */
#pragma omp parallel
    {
        for (int i = 0; i < 3; i++) {
#pragma omp task
            count();
        }
    }
    check(3 * here);
#pragma omp parallel
#pragma omp single nowait
    tree(9);
    check(512);
#pragma omp parallel
#pragma omp master
#pragma omp taskloop grainsize(1)
    for (int i = 0; i < 500; i++)
        count();
    check(500);
    long cells[8] = {0};
#pragma omp parallel
#pragma omp single
    for (int i = 0; i < 160; i++) {
#pragma omp task depend(inout: cells[i % 8])
        cells[i % 8]++;
    }
    for (int i = 0; i < 8; i++)
        CHECK(cells[i] == 20, "%ld", cells[i]);
    /* Smaller teams of the same threads, after a large one. */
    for (int size = 2; size <= 64; size *= 2) {
#pragma omp parallel num_threads(size)
        {
#pragma omp task
            count();
#pragma omp barrier
#pragma omp task
            count();
        }
        check(2 * size);
    }
    return 0;
}
