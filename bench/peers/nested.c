/*
 * Regions in a region: two threads that each start regions of two. The time of
 * one inner region, as its thread sees it.
 */
#include <omp.h>

#include "rows.h"

static void inner(long n)
{
#pragma omp parallel num_threads(2)
    for (long i = 0; i < n; i++)
#pragma omp parallel num_threads(2)
        work(100);
}

static void outer(long n)
{
    for (long i = 0; i < n; i++)
#pragma omp parallel num_threads(2)
    {
#pragma omp parallel num_threads(2)
        work(100);
    }
}

int main(void)
{
    omp_set_max_active_levels(2);
    row("inner-region", sampled(inner, NULL, 4));
    row("both", sampled(outer, NULL, 4));
    return 0;
}
