/* Ordinary kernels: they contain nothing about the trace. */
#include <math.h>

/* A loop whose iterations get longer. */
double triangle(long n)
{
    double sum = 0;
#pragma omp parallel for schedule(dynamic, 4) reduction(+ : sum)
    for (long i = 0; i < n; i++)
        for (long j = 0; j < i; j++)
            sum += sin((double)(i + j));
    return sum;
}

/* Two phases with a barrier between them; the first has more work for thread 0. */
double phases(long n)
{
    double sum = 0;
#pragma omp parallel reduction(+ : sum)
    {
#pragma omp for schedule(dynamic, 64)
        for (long i = 0; i < n; i++)
            sum += sqrt((double)i);
#pragma omp master
        for (long i = 0; i < n; i++)
            sum += cos((double)i);
#pragma omp barrier
#pragma omp for schedule(dynamic, 64)
        for (long i = 0; i < n; i++)
            sum += sin((double)i);
    }
    return sum;
}

/* Counts the leaves of a tree, with a task for each inner node. */
static double leaves(int depth, long n)
{
    double left = 0, right = 0;
    if (depth == 0) {
        for (long i = 0; i < n; i++)
            left += sin((double)i);
        return left;
    }
#pragma omp task shared(left)
    left = leaves(depth - 1, n);
#pragma omp task shared(right)
    right = leaves(depth - 1, n / 2);
#pragma omp taskwait
    return left + right;
}

double tree(int depth, long n)
{
    double sum = 0;
#pragma omp parallel
#pragma omp single
    sum = leaves(depth, n);
    return sum;
}
