/*
 * Abstract names: the places divide the processors that the process has, and
 * omp_get_num_procs counts them all, though each thread is bound to one.
 * env: OMP_PLACES=threads OMP_PROC_BIND=true
 */
#include "places.h"

int main(void)
{
    unsigned long long seen = 0;
    int procs = omp_get_num_procs();
    CHECK(omp_get_num_places() == procs, "%d places, %d processors", omp_get_num_places(), procs);
    for (int i = 0; i < procs; i++) {
        CHECK(omp_get_place_num_procs(i) == 1 && !(seen & place_mask(i)), "place %d", i);
        seen |= place_mask(i);
    }
#pragma omp parallel
    {
        check_bound();
        CHECK(omp_get_num_procs() == procs, "%d", omp_get_num_procs());
    }
    return 0;
}
