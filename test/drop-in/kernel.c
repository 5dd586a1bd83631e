/* What a Python extension does with OpenMP. */
#include <omp.h>

/* The sum of 0 to n - 1, and the size of the team that computed it. */
long sum(long n, int *team)
{
    long all = 0;
    int size = 0;
#pragma omp parallel reduction(+ : all)
    {
#pragma omp single
        size = omp_get_num_threads();
#pragma omp for schedule(dynamic, 100)
        for (long i = 0; i < n; i++)
            all += i;
    }
    *team = size;
    return all;
}

/* The same by tasks, cut in halves. */
static long range(long from, long to)
{
    long left = 0, right = 0;
    if (to - from < 64) {
        for (long i = from; i < to; i++)
            left += i;
        return left;
    }
#pragma omp task shared(left)
    left = range(from, from + (to - from) / 2);
    right = range(from + (to - from) / 2, to);
#pragma omp taskwait
    return left + right;
}

long task_sum(long n)
{
    long all = 0;
#pragma omp parallel
#pragma omp single
    all = range(0, n);
    return all;
}
