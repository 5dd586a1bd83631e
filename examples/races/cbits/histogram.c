/* A histogram, wrong and right: the second form mends the first. */

/* Two threads may add to the same bin at once: a data race. It loses counts, now and then. */
void histogram_racy(const int *values, long n, long *bins)
{
#pragma omp parallel for
    for (long i = 0; i < n; i++)
        bins[values[i]]++;
}

/* Each thread has bins of its own, and the runtime adds them up at the end. */
void histogram(const int *values, long n, long *bins, long count)
{
#pragma omp parallel for reduction(+ : bins[:count])
    for (long i = 0; i < n; i++)
        bins[values[i]]++;
}
