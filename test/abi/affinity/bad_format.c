/*
 * An invalid format ends the program.
 * sizes: 1
 * fails: 1 libgomp: unsupported type q in affinity format
 */
#include "../check.h"

int main(void)
{
    omp_display_affinity("%n %q");
    return 0;
}
