/*
 * GOMP_CPU_AFFINITY makes each processor a place. OMP_PLACES is not set.
 * env: GOMP_CPU_AFFINITY=0 0-0,0x0
 */
#include "places.h"

int main(void)
{
    CHECK(omp_get_num_places() == 3, "%d places", omp_get_num_places());
    CHECK(omp_get_proc_bind() == omp_proc_bind_true, "%d", omp_get_proc_bind());
#pragma omp parallel
    {
        check_bound();
        CHECK(mask() == 1, "%llx", mask());
    }
    return 0;
}
