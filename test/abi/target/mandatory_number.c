/* The device does not exist, but a device is mandatory.
 * env: OMP_TARGET_OFFLOAD=Mandatory OMP_DEFAULT_DEVICE=3
 * sizes: 2
 * fails: 1 libgomp: OMP_TARGET_OFFLOAD is set to MANDATORY, but device not found
 * not by Clang: asks nobody for a device
 */
#include "../check.h"

int main(void)
{
    int x = 0;
#pragma omp target enter data map(to: x)
    return x;
}
