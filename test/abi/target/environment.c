/* Devices by the environment.
 * env: OMP_TARGET_OFFLOAD=disabled OMP_DEFAULT_DEVICE=2
 */
#include "../check.h"

int main(void)
{
    int x = 0;
    CHECK(omp_get_default_device() == 2, "default %d", omp_get_default_device());
#pragma omp target map(tofrom: x)
    x = omp_get_default_device() + 1;
    CHECK(x == 3, "in the region: %d", x - 1);
    return 0;
}
