/* ours only: libgomp hangs in the child.
 * The child of fork opens regions with full teams, after regions of the
 * parent's and from inside one, as any member.
 * unwatched: what regions of the parent used is nobody's in the child
 */
#include "child.h"

static void child(int team)
{
    pid_t pid = forked();
    if (pid == 0) {
        for (int i = 0; i < 5; i++)
            everything(team);
        _exit(0);
    }
    reap(pid);
}

int main(void)
{
    int team = omp_get_max_threads();
    child(team);
    for (int round = 0; round < 5; round++) {
        regions(team);
        child(team + round % 3);
#pragma omp parallel
#pragma omp master
        child(team);
#pragma omp parallel
        if (omp_get_thread_num() == team - 1)
            child(team);
#pragma omp parallel num_threads(2)
#pragma omp parallel num_threads(2)
#pragma omp single
        child(2);
        regions(team);
    }
    return 0;
}
