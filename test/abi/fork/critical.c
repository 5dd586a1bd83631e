/* ours only: libgomp hangs in the child.
 * A process forks while other threads are in critical regions and atomic operations:
 * the child enters them all the same.
 * sizes: 2 4
 * not by Clang: needs a library for atomic operations
 */
#include "child.h"
#include <sched.h>

static int in_regions(int team)
{
    int n = 0;
    struct { long double value; } wide = {0};
#pragma omp parallel num_threads(team)
    {
#pragma omp critical
        n++;
#pragma omp critical(named)
        n++;
#pragma omp atomic
        wide.value += 1;
    }
    CHECK(wide.value == team, "atomic");
    return n;
}

int main(void)
{
    int team = omp_get_max_threads(), entered = 0, leave = 0;
    CHECK(in_regions(team) == 2 * team, "before");
#pragma omp parallel num_threads(2)
    {
        if (omp_get_thread_num() == 1) {
#pragma omp critical
#pragma omp critical(named)
            {
                __atomic_store_n(&entered, 1, __ATOMIC_RELEASE);
                while (!__atomic_load_n(&leave, __ATOMIC_ACQUIRE))
                    sched_yield();
            }
        } else {
            while (!__atomic_load_n(&entered, __ATOMIC_ACQUIRE))
                sched_yield();
            for (int generation = 0; generation < 3; generation++) {
                pid_t pid = forked();
                if (pid == 0) {
                    CHECK(in_regions(team) == 2 * team, "in the child");
                    /* And a child of the child, from a region. */
#pragma omp parallel num_threads(team)
#pragma omp critical
                    if (omp_get_thread_num() == team - 1) {
                        pid = forked();
                        if (pid == 0)
                            _exit(in_regions(team) == 2 * team ? 0 : 1);
                        reap(pid);
                    }
                    _exit(0);
                }
                reap(pid);
            }
            __atomic_store_n(&leave, 1, __ATOMIC_RELEASE);
        }
    }
    CHECK(in_regions(team) == 2 * team, "after");
    return 0;
}
