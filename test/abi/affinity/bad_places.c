/*
 * Bad places are reported, and GOMP_CPU_AFFINITY counts instead.
 * env: OMP_PLACES={0,!7} GOMP_CPU_AFFINITY=0
 * sizes: 2
 * prints: libgomp: Invalid value for environment variable OMP_PLACES
 */
#include "../check.h"

int main(void)
{
    CHECK(omp_get_num_places() == 1, "%d places", omp_get_num_places());
    return 0;
}
