/*
 * The environment's settings for the host; some of them are for all devices.
 * env: OMP_NUM_THREADS=3,2 OMP_DYNAMIC_ALL=true OMP_SCHEDULE=nonmonotonic:guided,5 OMP_MAX_TASK_PRIORITY=7 OMP_THREAD_LIMIT_ALL=40 OMP_THREAD_LIMIT=30 OMP_DEFAULT_DEVICE=0 OMP_STACKSIZE=2M OMP_NUM_THREADS_DEV=9
 * sizes: 1
 */
#include "../check.h"

int main(void)
{
    omp_sched_t kind;
    int chunk;
    omp_get_schedule(&kind, &chunk);
    CHECK(omp_get_max_threads() == 3, "%d", omp_get_max_threads());
#pragma omp parallel
    CHECK(omp_get_num_threads() == 3 && omp_get_max_threads() == 2, "%d", omp_get_max_threads());
    CHECK(kind == omp_sched_guided && chunk == 5, "%x,%d", (unsigned)kind, chunk);
    CHECK(omp_get_max_task_priority() == 7, "%d", omp_get_max_task_priority());
    CHECK(omp_get_thread_limit() == 30, "%d", omp_get_thread_limit());
    CHECK(omp_get_supported_active_levels() >= 20, "%d", omp_get_supported_active_levels());
    return 0;
}
