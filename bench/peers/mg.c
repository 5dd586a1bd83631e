/*
 * A multigrid solver of Poisson's equation on a periodic cube: loops over grids
 * from large to tiny, each in a region of its own.
 */
#include <math.h>

#include "kernels.h"

enum { LEVELS = 8, CYCLES = 4 };

/* solution, right side and residual of each level; side[0] is the finest */
static long side[LEVELS], levels;
static double *u[LEVELS], *v[LEVELS], *r[LEVELS];

/* each loop over a grid: s is its side, (i, j, k) the point, and the neighbours
 * below and above in each direction are known */
#define EVERY_POINT(s)                                                                             \
    _Pragma("omp parallel for") for (long i = 0; i < (s); i++) for (long j = 0; j < (s); j++) for ( \
        long k = 0; k < (s); k++)

static inline double around(const double *a, long s, long i, long j, long k)
{
    long m = s - 1;
    return a[(((i - 1) & m) * s + j) * s + k] + a[(((i + 1) & m) * s + j) * s + k] +
           a[(i * s + ((j - 1) & m)) * s + k] + a[(i * s + ((j + 1) & m)) * s + k] +
           a[(i * s + j) * s + ((k - 1) & m)] + a[(i * s + j) * s + ((k + 1) & m)];
}

/* r = v - A u, where A u is 6 u less the neighbours */
static void residual(long l)
{
    long s = side[l];
    EVERY_POINT(s)
    {
        long at = (i * s + j) * s + k;
        r[l][at] = v[l][at] - 6 * u[l][at] + around(u[l], s, i, j, k);
    }
}

/* u = u + r / 7: a damped step of Jacobi's */
static void smooth(long l)
{
    residual(l);
    long s = side[l];
    EVERY_POINT(s) u[l][(i * s + j) * s + k] += r[l][(i * s + j) * s + k] / 7;
}

/* the right side of the coarser grid: the mean of eight points */
static void restricted(long l)
{
    long s = side[l + 1], f = side[l];
    EVERY_POINT(s)
    {
        double sum = 0;
        for (int c = 0; c < 8; c++)
            sum += r[l][((2 * i + (c & 1)) * f + 2 * j + (c >> 1 & 1)) * f + 2 * k + (c >> 2)];
        v[l + 1][(i * s + j) * s + k] = sum / 2;
        u[l + 1][(i * s + j) * s + k] = 0;
    }
}

/* adds the coarser grid's solution */
static void prolonged(long l)
{
    long s = side[l], c = side[l + 1];
    EVERY_POINT(s) u[l][(i * s + j) * s + k] += u[l + 1][((i / 2) * c + j / 2) * c + k / 2];
}

static void cycle(long l)
{
    smooth(l);
    smooth(l);
    if (l + 1 < levels) {
        residual(l);
        restricted(l);
        cycle(l + 1);
        prolonged(l);
    }
    smooth(l);
    smooth(l);
}

static double norm(void)
{
    double sum = 0;
    long points = side[0] * side[0] * side[0];
    residual(0);
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < points; i++)
        sum += r[0][i] * r[0][i];
    return sqrt(sum);
}

/* a few cycles, which must make the residual far smaller */
static int solve(void)
{
    memset(u[0], 0, sizeof(double) * (size_t)(side[0] * side[0] * side[0]));
    double before = norm();
    for (int i = 0; i < CYCLES; i++)
        cycle(0);
    return norm() < 0.1 * before;
}

int main(int argc, char **argv)
{
    int w = argc > 1 && strcmp(argv[1], "W") == 0;
    for (long s = w ? 64 : 32; s >= 4; s /= 2, levels++) {
        side[levels] = s;
        u[levels] = room((size_t)(s * s * s), sizeof(double));
        v[levels] = room((size_t)(s * s * s), sizeof(double));
        r[levels] = room((size_t)(s * s * s), sizeof(double));
    }
    /* charges whose sum is nothing */
    unsigned long seed = 3;
    for (int i = 0; i < 20; i++) {
        double points = (double)(side[0] * side[0] * side[0]);
        v[0][(long)(chance(&seed) * points)] += i % 2 ? 1 : -1;
    }
    kernel(w ? "MG W" : "MG S", solve);
    return 0;
}
