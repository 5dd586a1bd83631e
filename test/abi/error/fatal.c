/*
 * The error directive at execution ends the program, here in a region.
 * fails: 1 libgomp: fatal error: error directive encountered: no more
 * sizes: 1 2 4
 * not by Clang before 15: has no error directive
 */
#include "../check.h"

int main(void)
{
#pragma omp parallel
#pragma omp critical
    {
#pragma omp error at(execution) message("no more")
    }
    _exit(2);
}
