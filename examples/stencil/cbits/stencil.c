/* The same steps as one parallel region in C. */
void heat(double *a, double *b, long n, long steps)
{
#pragma omp parallel
    {
        double *from = a, *to = b;
        for (long k = 0; k < steps; k++) {
#pragma omp for schedule(static)
            for (long i = 1; i < n - 1; i++)
                to[i] = 0.25 * (from[i - 1] + 2 * from[i] + from[i + 1]);
            double *other = from;
            from = to;
            to = other;
        }
    }
}

/* One step of one thread's share. */
void heat_share(const double *restrict from, double *restrict to, long first, long last)
{
    for (long i = first; i < last; i++)
        to[i] = 0.25 * (from[i - 1] + 2 * from[i] + from[i + 1]);
}
