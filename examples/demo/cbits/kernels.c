/*
 * C kernels with OpenMP pragmas, like those of any C library.
 */
#include <math.h>

/* sin(0) + sin(step) + ..., n terms */
double sum_of_sines(long n, double step)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += sin((double)i * step);
    return sum;
}

double sum_of_sines_sequential(long n, double step)
{
    double sum = 0;
    for (long i = 0; i < n; i++)
        sum += sin((double)i * step);
    return sum;
}

static void dgemm_row(long n, long i, const double *a, const double *b, double *c)
{
    for (long j = 0; j < n; j++)
        c[i * n + j] = 0;
    for (long k = 0; k < n; k++)
        for (long j = 0; j < n; j++)
            c[i * n + j] += a[i * n + k] * b[k * n + j];
}

/* c = a * b; all are n x n, row after row */
void dgemm(long n, const double *a, const double *b, double *c)
{
#pragma omp parallel for
    for (long i = 0; i < n; i++)
        dgemm_row(n, i, a, b, c);
}

void dgemm_sequential(long n, const double *a, const double *b, double *c)
{
    for (long i = 0; i < n; i++)
        dgemm_row(n, i, a, b, c);
}

/* out[i] = f(i): the kernel knows nothing of Haskell */
void map(double (*f)(long), long n, double *out)
{
#pragma omp parallel for
    for (long i = 0; i < n; i++)
        out[i] = f(i);
}

/* f(0) + ... + f(n - 1) */
double reduce(double (*f)(long), long n)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += f(i);
    return sum;
}

/* Steps until z * z + c leaves the circle of radius 2, at most most. */
static int escape(double cx, double cy, int most)
{
    double x = 0, y = 0;
    int steps = 0;
    while (steps < most && x * x + y * y <= 4) {
        double next = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = next;
        steps++;
    }
    return steps;
}

/* The Mandelbrot set, -2.2 to 1 by -1.2 to 1.2, row after row. */
void mandelbrot(long width, long height, int most, int *steps)
{
#pragma omp parallel for schedule(dynamic)
    for (long row = 0; row < height; row++)
        for (long column = 0; column < width; column++) {
            double cx = -2.2 + 3.2 * (double)column / (double)width;
            double cy = -1.2 + 2.4 * (double)row / (double)height;
            steps[row * width + column] = escape(cx, cy, most);
        }
}
