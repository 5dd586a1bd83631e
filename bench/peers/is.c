/*
 * Integer sort by counting: histograms of the threads, added after a barrier.
 */
#include <omp.h>

#include "kernels.h"

enum { STEPS = 10 };

static long n, range;
static int *keys, *rank;
static int **counts;

/* The ranks of the keys, STEPS times; whether the last ones are right. */
static int ranked(void)
{
    for (int step = 0; step < STEPS; step++) {
        keys[step] = step;
        keys[step + STEPS] = (int)range - 1 - step;
#pragma omp parallel
        {
            int me = omp_get_thread_num(), threads = omp_get_num_threads();
            int *mine = counts[me];
            memset(mine, 0, (size_t)range * sizeof *mine);
#pragma omp for schedule(static)
            for (long i = 0; i < n; i++)
                mine[keys[i]]++;
#pragma omp for schedule(static)
            for (long k = 0; k < range; k++) {
                int sum = 0;
                for (int t = 0; t < threads; t++)
                    sum += counts[t][k];
                rank[k] = sum;
            }
#pragma omp single
            for (long k = 1; k < range; k++)
                rank[k] += rank[k - 1];
        }
    }
    long below = 0;
    int middle = (int)(range / 2);
    for (long i = 0; i < n; i++)
        below += keys[i] <= middle;
    return rank[range - 1] == n && rank[middle] == below;
}

int main(int argc, char **argv)
{
    int w = argc > 1 && strcmp(argv[1], "W") == 0;
    n = w ? 1L << 20 : 1L << 16;
    range = w ? 1L << 16 : 1L << 11;
    keys = room((size_t)n, sizeof *keys);
    rank = room((size_t)range, sizeof *rank);
    counts = room((size_t)omp_get_max_threads(), sizeof *counts);
    for (int t = 0; t < omp_get_max_threads(); t++)
        counts[t] = room((size_t)range, sizeof **counts);
    unsigned long seed = 5;
    for (long i = 0; i < n; i++)
        keys[i] = (int)((chance(&seed) + chance(&seed)) / 2 * (double)range);
    kernel(w ? "IS W" : "IS S", ranked);
    return 0;
}
