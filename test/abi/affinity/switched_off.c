/*
 * With OMP_PROC_BIND=false there are no places, whatever other variables say.
 * env: OMP_PLACES={0} GOMP_CPU_AFFINITY=0 OMP_PROC_BIND=false
 */
#include "places.h"

int main(void)
{
    unsigned long long all = mask();
    CHECK(omp_get_num_places() == 0, "%d places", omp_get_num_places());
#pragma omp parallel proc_bind(spread)
    CHECK(omp_get_place_num() == -1 && mask() == all, "%llx", mask());
    return 0;
}
