/*
 * No enclosing construct reduces the item: libgomp's message and exit status.
 * fails: 1 libgomp: couldn't find matching task_reduction or reduction with task modifier for
 */
#include "../check.h"

static int sum, other;

__attribute__((noipa)) static void orphan(void)
{
#pragma omp task in_reduction(+ : other)
    other++;
}

int main(void)
{
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup task_reduction(+ : sum)
    orphan();
    return 0;
}
