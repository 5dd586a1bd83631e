/*
 * C functions that call closures outside of regions, and inside and outside.
 */
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Each type comes back as it was passed. */
#define ECHO(NAME, TYPE)                                                                           \
    TYPE served_##NAME(TYPE (*f)(TYPE), TYPE x)                                                    \
    {                                                                                              \
        return f(x);                                                                               \
    }
ECHO(int8, int8_t)
ECHO(int16, int16_t)
ECHO(int32, int32_t)
ECHO(int64, int64_t)
ECHO(word8, uint8_t)
ECHO(word16, uint16_t)
ECHO(word32, uint32_t)
ECHO(word64, uint64_t)
ECHO(float, float)
ECHO(double, double)
ECHO(bool, bool)
ECHO(pointer, void *)

/* The sum of f over the numbers up to n: before a region, by its threads, in a nested
 * region, and after it. */
long served_around(long (*f)(long), long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum += f(i);
#pragma omp parallel for reduction(+ : sum) num_threads(3) schedule(dynamic, 1)
    for (long i = 0; i < n; i++) {
        long inner = 0;
#pragma omp parallel reduction(+ : inner) num_threads(1)
        inner += f(i);
        sum += inner + f(i);
    }
    for (long i = 0; i < n; i++)
        sum += f(i);
    return sum;
}

/* Calls f under a lock that other callers want too. */
static omp_lock_t lock;

__attribute__((constructor)) static void make_lock(void)
{
    omp_init_lock(&lock);
}

long served_locked(long (*f)(long), long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++) {
        omp_set_lock(&lock);
        sum += f(i);
        omp_unset_lock(&lock);
    }
    return sum;
}

/* More arguments than registers; the weighed sum shows where each arrived. */
double served_many(long (*f)(long), int8_t a, double r, int16_t b, int32_t c, float s, int64_t d,
                   uint8_t e, double t, uint16_t g, uint32_t h, uint64_t i, double u, int8_t j,
                   int16_t k, int32_t l, double v, int64_t m, uint8_t n, double w, uint16_t o,
                   uint32_t p, double x, uint64_t q, int8_t a2, int16_t b2, double y, int32_t c2,
                   int64_t d2, long e2, int g2, int h2)
{
    long sum = a + 2L * b + 3L * c + 4 * d + 5L * e + 6L * g + 7L * h + 8 * (long)i + 9L * j +
               10L * k + 11L * l + 12 * m + 13L * n + 14L * o + 15L * p + 16 * (long)q + 17L * a2 +
               18L * b2 + 19L * c2 + 20 * d2 + 21 * e2 + 22L * g2 + 23L * h2;
    return (double)f(sum) + r + 2 * s + 3 * t + 4 * u + 5 * v + 6 * w + 7 * x + 8 * y;
}
