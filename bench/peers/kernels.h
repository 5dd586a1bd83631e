/*
 * The frame of the numerical kernels: a kernel of a size, run several times.
 */
#ifndef KERNELS_H
#define KERNELS_H

#include "rows.h"

enum { RUNS = 5 };

/* zeroed room for n of the given size */
static inline void *room(size_t n, size_t size)
{
    void *memory = calloc(n, size);
    if (!memory) {
        perror("calloc");
        exit(1);
    }
    return memory;
}

/* numbers from 0 to 1 that follow from the seed */
static inline double chance(unsigned long *seed)
{
    *seed = *seed * 6364136223846793005UL + 1442695040888963407UL;
    return (double)(*seed >> 11) * 0x1p-53;
}

/* runs the kernel, which says whether its result is right, and prints the
 * median time */
static inline void kernel(const char *name, int (*run)(void))
{
    double samples[RUNS];
    for (int i = 0; i < RUNS; i++) {
        double start = now();
        int right = run();
        samples[i] = now() - start;
        if (!right) {
            fprintf(stderr, "%s: wrong result\n", name);
            exit(1);
        }
    }
    row(name, median(samples, RUNS));
}

#endif
