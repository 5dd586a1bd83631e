/* ours only: OMP_TARGET_OFFLOAD=mandatory where there is no device; GCC 12's library
 * says less.
 * env: OMP_TARGET_OFFLOAD=mandatory
 * sizes: 2
 * fails: 1 libgomp: OMP_TARGET_OFFLOAD is set to MANDATORY, but only the host device is available
 * not by Clang: asks nobody for a device
 */
#include "../check.h"

int main(void)
{
    int runs = 0, no = 0;
    CHECK(omp_get_default_device() == -4, "default %d", omp_get_default_device());
    /* The host is good where it is asked for. */
#pragma omp target if (no) map(tofrom: runs)
    runs++;
#pragma omp target device(0) map(tofrom: runs)
    runs++;
#pragma omp target device(omp_get_initial_device()) map(tofrom: runs)
    runs++;
    CHECK(runs == 3, "runs %d", runs);
#pragma omp target map(tofrom: runs)
    runs++;
    return 0;
}
