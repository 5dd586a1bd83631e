/*
 * The benchmarks' C kernels, compiled with -fopenmp. They are linked with this
 * package's runtime, and once more with libgomp for comparison.
 */
#include <omp.h>
#include <sys/resource.h>

static long count;

/* the smallest C function whose calls can be counted */
void bench_count(void)
{
    count++;
}

/* how often it was called */
long bench_counted(void)
{
    return count;
}

/* the smallest function of one number */
long bench_next(long x)
{
    return x + 1;
}

/* the smallest function of two numbers */
double bench_add(double x, double y)
{
    return x + y;
}

/* threads of a region that does nothing else */
int bench_region(void)
{
    int threads = 1;
#pragma omp parallel
#pragma omp masked
    threads = omp_get_num_threads();
    return threads;
}

/* sum of f(i) */
double bench_reduce(double (*f)(long), long n)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += f(i);
    return sum;
}

/* the same without a region, over a part */
double bench_alone(double (*f)(long), long from, long to)
{
    double sum = 0;
    for (long i = from; i < to; i++)
        sum += f(i);
    return sum;
}

static inline double half(long i)
{
    return (double)i * 0.5;
}

/* what the callbacks compute, for C that calls C */
double bench_half(long i)
{
    return half(i);
}

/* sum of i / 2 */
double bench_sum(long n)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += half(i);
    return sum;
}

/* heat in a rod, from one array to the other and back, in one region */
void bench_phases(long n, long count, double *from, double *to)
{
#pragma omp parallel
    for (long k = 0; k < count; k++) {
        const double *a = k % 2 ? to : from;
        double *b = k % 2 ? from : to;
#pragma omp for
        for (long i = 1; i < n - 1; i++)
            b[i] = 0.25 * (a[i - 1] + 2 * a[i] + a[i + 1]);
    }
}

/* A piece of work of so many steps, each a multiplication that waits for the
 * one before; Measure.Work has the same in Haskell. */
static double work(long i, long steps)
{
    unsigned long x = (unsigned long)i;
    for (long s = 0; s < steps; s++)
        x = x * 6364136223846793005u + 1442695040888963407u;
    return (double)(x >> 40);
}

/* out[i] = the ith piece, one after another and shared out */
void bench_work_sequential(long n, long steps, double *out)
{
    for (long i = 0; i < n; i++)
        out[i] = work(i, steps);
}

void bench_work_parallel(long n, long steps, double *out)
{
#pragma omp parallel for
    for (long i = 0; i < n; i++)
        out[i] = work(i, steps);
}

/* the same, with dynamic adjustment on or off for the calling thread */
void bench_work_adjusted(int dynamic, long n, long steps, double *out)
{
    omp_set_dynamic(dynamic);
    bench_work_parallel(n, steps, out);
}

/* times that threads of this process went to sleep */
long bench_sleeps(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nvcsw;
}
