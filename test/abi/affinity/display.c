/*
 * OMP_DISPLAY_AFFINITY: each thread of the first region says where it is.
 * env: OMP_DISPLAY_AFFINITY=true OMP_PLACES={0}:4:0 OMP_AFFINITY_FORMAT=<%n/%N at %L on %A>
 * sizes: 3
 * prints: <0/3 at 1 on 0>
 * prints: <1/3 at 1 on 0>
 * prints: <2/3 at 1 on 0>
 * prints: asked for: 0 of 1
 */
#include "../check.h"

int main(void)
{
    int threads = 0;
#pragma omp parallel reduction(+ : threads)
    threads++;
    CHECK(threads == 3, "%d", threads);
    omp_display_affinity("asked for: %n of %N");
    return 0;
}
