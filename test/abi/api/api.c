/* The user API: settings of the data environment, defined answers to nonsense. */
#include "../check.h"

int main(void)
{
    CHECK(omp_get_num_threads() == 1 && omp_get_thread_num() == 0, "initial team");
    CHECK(!omp_in_parallel() && omp_get_level() == 0 && omp_get_active_level() == 0, "initial level");
    CHECK(omp_get_num_procs() >= 1 && omp_get_thread_limit() > 0, "machine");
    CHECK(omp_get_supported_active_levels() >= 3, "levels");
    double start = omp_get_wtime();
    CHECK(omp_get_wtick() > 0 && omp_get_wtick() < 0.1, "tick");
    CHECK(omp_get_wtime() >= start, "time goes on");

    omp_set_num_threads(3);
    CHECK(omp_get_max_threads() == 3, "%d", omp_get_max_threads());
#pragma omp parallel
    {
        CHECK(omp_get_num_threads() == 3, "%d", omp_get_num_threads());
        CHECK(omp_in_parallel(), "in parallel");
        omp_set_num_threads(5 + omp_get_thread_num());
        CHECK(omp_get_max_threads() == 5 + omp_get_thread_num(), "a task's own setting");
    }
    CHECK(omp_get_max_threads() == 3, "the initial task's setting");

    omp_set_dynamic(1);
    CHECK(omp_get_dynamic() == 1, "dynamic");
    omp_set_dynamic(0);
    CHECK(omp_get_dynamic() == 0, "not dynamic");

    omp_sched_t kind;
    int chunk;
    omp_set_schedule(omp_sched_guided, 7);
    omp_get_schedule(&kind, &chunk);
    CHECK(kind == omp_sched_guided && chunk == 7, "%d %d", (int)kind, chunk);
    omp_set_schedule(omp_sched_monotonic | omp_sched_dynamic, -3);
    omp_get_schedule(&kind, &chunk);
    CHECK(kind == (omp_sched_t)(omp_sched_monotonic | omp_sched_dynamic) && chunk == 1, "%x %d", (unsigned)kind, chunk);

    omp_set_max_active_levels(2);
    CHECK(omp_get_max_active_levels() == 2, "levels");
    omp_set_max_active_levels(-1);
    CHECK(omp_get_max_active_levels() == 2, "a negative number changes nothing");
    return 0;
}
