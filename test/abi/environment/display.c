/*
 * OMP_DISPLAY_ENV.
 * env: OMP_DISPLAY_ENV=verbose OMP_NUM_THREADS=4,5 OMP_SCHEDULE=monotonic:guided,3 OMP_PLACES={0:2},{0} OMP_PROC_BIND=spread,close OMP_NUM_TEAMS=3 OMP_STACKSIZE=1M OMP_WAIT_POLICY=active OMP_TARGET_OFFLOAD=disabled OMP_CANCELLATION=true OMP_MAX_TASK_PRIORITY=9 GOMP_SPINCOUNT=5k
 * sizes: 1
 * prints: OPENMP DISPLAY ENVIRONMENT BEGIN
 * prints: OMP_DYNAMIC = 'FALSE'
 * prints: OMP_NESTED = 'TRUE'
 * prints: OMP_NUM_THREADS = '4,5'
 * prints: OMP_SCHEDULE = 'MONOTONIC:GUIDED,3'
 * prints: OMP_PROC_BIND = 'SPREAD,CLOSE'
 * prints: OMP_PLACES = '{0
 * prints: OMP_STACKSIZE = '1048576'
 * prints: OMP_WAIT_POLICY = 'ACTIVE'
 * prints: OMP_THREAD_LIMIT = '4294967295'
 * prints: OMP_MAX_ACTIVE_LEVELS = '255'
 * prints: OMP_NUM_TEAMS = '3'
 * prints: OMP_TEAMS_THREAD_LIMIT = '0'
 * prints: OMP_CANCELLATION = 'TRUE'
 * prints: OMP_DEFAULT_DEVICE = '0'
 * prints: OMP_MAX_TASK_PRIORITY = '9'
 * prints: OMP_DISPLAY_AFFINITY = 'FALSE'
 * prints: OMP_AFFINITY_FORMAT = 'level %L thread %i affinity %A'
 * prints: OMP_ALLOCATOR = 'omp_default_mem_alloc'
 * prints: OMP_TARGET_OFFLOAD = 'DISABLED'
 * prints: GOMP_CPU_AFFINITY = ''
 * prints: GOMP_STACKSIZE = '1048576'
 * prints: GOMP_SPINCOUNT = '5000'
 * prints: OPENMP DISPLAY ENVIRONMENT END
 */
#include "../check.h"

/* Displayed before main, though nothing of OpenMP is called. */
int main(int argc, char **argv)
{
    (void)argv;
    return argc > 1 ? omp_get_max_threads() : 0;
}
