/*
 * A Fourier transform of a cube and back, one direction after the other: few
 * long loops whose iterations are lines.
 */
#include <complex.h>
#include <math.h>

#include "kernels.h"

/* glibc hides it from Clang */
#ifndef CMPLX
#define CMPLX(x, y) __builtin_complex((double)(x), (double)(y))
#endif

typedef double _Complex number;

static long side, points;
static number *cube, *roots;

/* Transforms one line of `side` numbers in place. The roots are those of the
 * direction: conjugated for the way back. */
static void line(number *a, int back)
{
    for (long i = 1, j = 0; i < side; i++) {
        long bit = side >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            number t = a[i];
            a[i] = a[j];
            a[j] = t;
        }
    }
    for (long length = 2; length <= side; length *= 2)
        for (long start = 0; start < side; start += length)
            for (long k = 0; k < length / 2; k++) {
                number root = roots[k * (side / length)];
                number *low = &a[start + k], *high = low + length / 2;
                double re = creal(root), im = back ? -cimag(root) : cimag(root);
                double x = creal(*high), y = cimag(*high);
                number t = CMPLX(x * re - y * im, x * im + y * re);
                *high = *low - t;
                *low += t;
            }
}

/* all lines whose neighbours are `step` apart */
static void direction(long step, int back)
{
#pragma omp parallel for
    for (long l = 0; l < side * side; l++) {
        number buffer[256];
        long first = step == 1 ? l * side : step == side ? l / side * side * side + l % side : l;
        for (long i = 0; i < side; i++)
            buffer[i] = cube[first + i * step];
        line(buffer, back);
        for (long i = 0; i < side; i++)
            cube[first + i * step] = buffer[i];
    }
}

static double original(long i)
{
    return (double)(i * 2654435761L % 1000) / 1000;
}

/* there and back again, and compared with what it was */
static int transformed(void)
{
    double worst = 0;
#pragma omp parallel for
    for (long i = 0; i < points; i++)
        cube[i] = original(i);
    for (int back = 0; back < 2; back++)
        for (long step = 1; step < points; step *= side)
            direction(step, back);
#pragma omp parallel for reduction(max : worst)
    for (long i = 0; i < points; i++)
        worst = fmax(worst, cabs(cube[i] / (double)points - original(i)));
    return worst < 1e-9;
}

int main(int argc, char **argv)
{
    int w = argc > 1 && strcmp(argv[1], "W") == 0;
    side = w ? 64 : 32;
    points = side * side * side;
    cube = room((size_t)points, sizeof *cube);
    roots = room((size_t)side, sizeof *roots);
    for (long k = 0; k < side; k++)
        roots[k] = cexp(-2 * acos(-1) * (double)k / (double)side * I);
    kernel(w ? "FT W" : "FT S", transformed);
    return 0;
}
