/*
 * A bad OMP_PROC_BIND counts as none, so places bind, as in libgomp; the message
 * says that.
 * env: OMP_PROC_BIND=cores OMP_PLACES=threads
 * prints: Invalid value for environment variable OMP_PROC_BIND
 */
#include "../check.h"

int main(void)
{
    CHECK(omp_get_num_places() > 0 && omp_get_proc_bind() == omp_proc_bind_true, "%d places, binding %d",
          omp_get_num_places(), omp_get_proc_bind());
    CHECK(omp_get_place_num() == 0, "place %d", omp_get_place_num());
    return 0;
}
