/*
 * Conjugate gradients on a random sparse matrix: short loops and reductions in
 * one region. Sizes like those of the classes S and W of the NAS benchmark.
 */
#include <math.h>

#include "kernels.h"

enum { STEPS = 25, SOLUTIONS = 10 };

static long n;
static int *columns, *starts;
static double *values, *x, *r, *p, *q;

/* a symmetric matrix of a strong diagonal: entry (i, j) follows from i + j and
 * stands where i and j are one of a few distances apart */
static void matrix(long size, int neighbours)
{
    unsigned long seed = 7;
    n = size;
    starts = room((size_t)n + 1, sizeof *starts);
    columns = room((size_t)(n * (2 * neighbours + 1)), sizeof *columns);
    values = room((size_t)(n * (2 * neighbours + 1)), sizeof *values);
    x = room((size_t)n, sizeof *x);
    r = room((size_t)n, sizeof *r);
    p = room((size_t)n, sizeof *p);
    q = room((size_t)n, sizeof *q);
    long *apart = room((size_t)neighbours, sizeof *apart);
    for (int k = 0; k < neighbours; k++)
        apart[k] = 1 + (long)(chance(&seed) * (double)(n - 1));
    int at = 0;
    for (long i = 0; i < n; i++) {
        starts[i] = at;
        columns[at] = (int)i;
        values[at++] = 2.0 * neighbours + 0.1;
        for (int k = 0; k < 2 * neighbours; k++) {
            long j = k % 2 ? i + apart[k / 2] : i - apart[k / 2];
            if (j < 0 || j >= n)
                continue;
            columns[at] = (int)j;
            values[at++] = -fabs(sin((double)(i + j)));
        }
    }
    starts[n] = at;
    free(apart);
}

/* solves A x = 1 in STEPS steps; whether it has */
static int solve(void)
{
    double rho = (double)n, old = 0, pq = 0;
#pragma omp parallel
    {
#pragma omp for
        for (long i = 0; i < n; i++) {
            x[i] = 0;
            r[i] = p[i] = 1;
        }
        for (int step = 0; step < STEPS; step++) {
#pragma omp single
            {
                old = rho;
                rho = pq = 0;
            }
#pragma omp for reduction(+ : pq)
            for (long i = 0; i < n; i++) {
                double sum = 0;
                for (int k = starts[i]; k < starts[i + 1]; k++)
                    sum += values[k] * p[columns[k]];
                q[i] = sum;
                pq += p[i] * sum;
            }
            double alpha = old / pq;
#pragma omp for reduction(+ : rho)
            for (long i = 0; i < n; i++) {
                x[i] += alpha * p[i];
                r[i] -= alpha * q[i];
                rho += r[i] * r[i];
            }
            double beta = rho / old;
#pragma omp for
            for (long i = 0; i < n; i++)
                p[i] = r[i] + beta * p[i];
        }
    }
    return sqrt(rho) < 1e-6 * sqrt((double)n);
}

static int solutions(void)
{
    int right = 1;
    for (int i = 0; i < SOLUTIONS; i++)
        right &= solve();
    return right;
}

int main(int argc, char **argv)
{
    int w = argc > 1 && strcmp(argv[1], "W") == 0;
    matrix(w ? 7000 : 1400, w ? 30 : 20);
    kernel(w ? "CG W" : "CG S", solutions);
    return 0;
}
