/* ours only: the invalid device number (omp_invalid_device); GCC 12 does not know it.
 * sizes: 2
 * fails: 1 libgomp: omp_invalid_device encountered
 * not by Clang: refuses the clause
 */
#include "../check.h"

int main(void)
{
#pragma omp target device(-4)
    puts("a region on no device");
    return 0;
}
