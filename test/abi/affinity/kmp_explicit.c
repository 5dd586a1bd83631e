/* ours only
 * env: KMP_AFFINITY=explicit,proclist=[0,{0},0-0],granularity=thread,verbose,norespect KMP_HW_SUBSET=1t OMP_AFFINITY_FORMAT=thread %n
 * sizes: 3
 * prints: KMP_AFFINITY: norespect is not used by this runtime
 * prints: thread 2
 *
 * A list of processors. (All machines have processor 0.)
 */
#include "../check.h"

int main(void)
{
    CHECK(omp_get_num_places() == 3, "%d", omp_get_num_places());
    CHECK(omp_get_num_procs() >= 1, "%d", omp_get_num_procs());
    #pragma omp parallel
    {
        CHECK(omp_get_place_num() == omp_get_thread_num(), "%d", omp_get_place_num());
    }
    return 0;
}
