#include <omp.h>

/* How many threads a region of n gets. */
int consumer_team(int n)
{
    int team = 0;
#pragma omp parallel num_threads(n)
#pragma omp single
    team = omp_get_num_threads();
    return team;
}

/* 0 + 1 + ... + n - 1. */
long consumer_sum(long n)
{
    long sum = 0;
#pragma omp parallel for schedule(dynamic, 16) reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += i;
    return sum;
}
