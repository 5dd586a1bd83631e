/*
 * An invalid format ends the program.
 * sizes: 1
 * fails: 1 libgomp: leading zero or right justification in affinity format requires size
 */
#include "../check.h"

int main(void)
{
    omp_display_affinity("%n %.n");
    return 0;
}
