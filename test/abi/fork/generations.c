/* ours only: libgomp hangs in the child.
 * Processes in a chain: each opens regions, forks the next, and ends. The last one
 * has as much memory as an early one: a child uses again what its ancestors had.
 * sizes: 4
 */
#include "child.h"
#include "../resident.h"
#include <malloc.h>

enum { WARM = 100, GENERATIONS = 500 };

/* glibc 2.42 loses the stacks of the parent's threads in a child, without OpenMP too
 * (measured: 7.3 kB a thread). */
enum { LOST = __GLIBC_PREREQ(2, 41) ? 9 : 0 };

static int met;

static void work(int team)
{
    for (int i = 0; i < 2; i++) {
        int n = 0;
#pragma omp parallel num_threads(team) reduction(+ : n)
        {
#pragma omp barrier
#pragma omp for schedule(dynamic)
            for (int j = 0; j < 8; j++)
                n++;
#pragma omp parallel num_threads(1)
#pragma omp atomic
            met++;
        }
        CHECK(n == 8 && met == team, "%d %d", n, met);
        met = 0;
    }
}

int main(void)
{
    int team = omp_get_max_threads(), said[2];
    long early = 0;
    CHECK(!pipe(said), "pipe");
    pid_t pid = forked();
    if (pid > 0) {
        reap(pid);
        close(said[1]);
        char word = 0;
        CHECK(read(said[0], &word, 1) == 1 && word == 'y', "a generation failed");
        return 0;
    }
    for (int generation = 0; generation < GENERATIONS; generation++) {
        work(team);
        if (generation == WARM) {
            malloc_trim(0);
            early = resident_kb();
        }
        if (forked() > 0)
            _exit(0);
    }
    malloc_trim(0);
    long late = resident_kb();
    CHECK(late <= early + 1024 + LOST * (GENERATIONS - WARM) * (team - 1),
          "%ld kB, and once %ld kB", late, early);
    CHECK(write(said[1], "y", 1) == 1, "write");
    return 0;
}
