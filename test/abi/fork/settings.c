/* The child keeps what the forking thread's task has set, and what the process has. */
#include "child.h"

static void check_child(int threads)
{
    char format[32];
    omp_sched_t kind;
    int chunk;
    omp_get_schedule(&kind, &chunk);
    CHECK(omp_get_max_threads() == threads, "%d threads, not %d", omp_get_max_threads(), threads);
    CHECK(kind == omp_sched_guided && chunk == 7, "%d %d", (int)kind, chunk);
    CHECK(omp_get_dynamic() && omp_get_max_active_levels() == 3, "dynamic, levels");
    omp_get_affinity_format(format, sizeof format);
    CHECK(!strcmp(format, "kept"), "%s", format);
    _exit(0);
}

int main(void)
{
    omp_set_num_threads(3);
    omp_set_schedule(omp_sched_guided, 7);
    omp_set_dynamic(1);
    omp_set_max_active_levels(3);
    omp_set_affinity_format("kept");
    pid_t pid = forked();
    if (pid == 0)
        check_child(3);
    reap(pid);
    omp_set_num_threads(5);
    pid = forked();
    if (pid == 0)
        check_child(5);
    reap(pid);
#pragma omp parallel num_threads(2)
#pragma omp single
    {
        omp_set_num_threads(4);
        pid_t inner = forked();
        if (inner == 0)
            check_child(4);
        reap(inner);
    }
    return 0;
}
