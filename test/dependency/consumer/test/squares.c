/* The squares of 0 to n - 1. */
void consumer_squares(long n, long *out)
{
#pragma omp parallel for
    for (long i = 0; i < n; i++)
        out[i] = i * i;
}
