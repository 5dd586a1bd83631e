/*
 * What the programs of this folder share: a clock, samples, and rows of the
 * form `name value unit`, which is what the harness reads. They know nothing of
 * a runtime but OpenMP, so LD_LIBRARY_PATH chooses which one they run on.
 */
#ifndef ROWS_H
#define ROWS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLES = 21 };

/* seconds since some moment */
static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* computes for a while that grows with n (less than a nanosecond each), and
 * writes no memory; the same machine code for all who call it */
__attribute__((noinline, unused)) static void work(long n)
{
    for (long i = 0; i < n; i++)
        __asm__ volatile("" : "+r"(i));
}

static inline int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static inline double median(double *samples, int n)
{
    qsort(samples, (size_t)n, sizeof *samples, by_size);
    return samples[n / 2];
}

/* prints a row; the time is in seconds */
static inline void row(const char *name, double seconds)
{
    if (seconds < 1e-3)
        printf("%s %.4f us\n", name, 1e6 * seconds);
    else
        printf("%s %.4f ms\n", name, 1e3 * seconds);
    fflush(stdout);
}

/* does something n times */
typedef void operation(long n);

static inline double seconds_of(operation *run, long n)
{
    double start = now();
    run(n);
    return now() - start;
}

/* How long one of an operation takes, less what one of the reference does (or
 * nothing): the median of SAMPLES pairs, each of them of half a millisecond or
 * of `least` operations. */
static inline double sampled(operation *run, operation *reference, long least)
{
    double samples[SAMPLES];
    long n = least;
    run(n);
    while (seconds_of(run, n) < 5e-4 && n < 1L << 30)
        n *= 2;
    for (int i = 0; i < SAMPLES; i++) {
        double base = reference ? seconds_of(reference, n) : 0;
        samples[i] = (seconds_of(run, n) - base) / (double)n;
    }
    return median(samples, SAMPLES);
}

/* whether the arguments, if there are any, name the row */
static inline int wanted(int argc, char **argv, const char *name)
{
    int found = argc < 2;
    for (int i = 1; i < argc; i++)
        found |= strcmp(argv[i], name) == 0;
    return found;
}

#endif
