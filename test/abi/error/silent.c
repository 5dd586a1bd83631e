/*
 * The same without a message.
 * fails: 1 libgomp: fatal error: error directive encountered
 * sizes: 1 2
 * not by Clang before 15: has no error directive
 */
#include "../check.h"

int main(void)
{
#pragma omp error at(execution)
    _exit(2);
}
