/*
 * C kernels of the Haskell tests and benchmarks, compiled with -fopenmp.
 */
#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* The sum of sin(i / 1000) for i < n. */
double kernel_sinsum(long n)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += sin((double)i * 0.001);
    return sum;
}

/* c = a * b, all n x n. */
void kernel_dgemm(long n, const double *a, const double *b, double *c)
{
#pragma omp parallel for
    for (long i = 0; i < n; i++)
        for (long j = 0; j < n; j++) {
            double sum = 0;
            for (long k = 0; k < n; k++)
                sum += a[i * n + k] * b[k * n + j];
            c[i * n + j] = sum;
        }
}

/* 1 + ... + n, one iteration at a time. */
long kernel_dynamic(long n)
{
    long sum = 0;
#pragma omp parallel for schedule(dynamic, 1) reduction(+ : sum)
    for (long i = 1; i <= n; i++)
        sum += i;
    return sum;
}

/* Whether run-sched-var has this kind, by omp.h: 's'tatic, 'd'ynamic, 'g'uided or
   'a'uto. */
int kernel_has_schedule(char name)
{
    omp_sched_t kind, expected = name == 's'   ? omp_sched_static
                                 : name == 'd' ? omp_sched_dynamic
                                 : name == 'g' ? omp_sched_guided
                                               : omp_sched_auto;
    int chunk;
    omp_get_schedule(&kind, &chunk);
    return (kind & ~omp_sched_monotonic) == expected;
}

static long fib(int n)
{
    long a, b;
    if (n < 2)
        return n;
#pragma omp task shared(a)
    a = fib(n - 1);
    b = fib(n - 2);
#pragma omp taskwait
    return a + b;
}

/* The nth Fibonacci number, by tasks. */
long kernel_tasks(int n)
{
    long result = 0;
#pragma omp parallel
#pragma omp single
    result = fib(n);
    return result;
}

/* The threads of a region that asks for n. */
int kernel_threads(int n)
{
    int threads = 0;
#pragma omp parallel num_threads(n)
    {
#pragma omp atomic
        threads++;
    }
    return threads;
}

/*
 * The number of threads that omp_get_max_threads() gives before a region, if the region
 * has as many.  Otherwise the region's number, negated.
 */
int kernel_promised(void)
{
    int told = omp_get_max_threads(), came = 0;
#pragma omp parallel
    {
#pragma omp atomic
        came++;
    }
    return came == told ? told : -came;
}

/* The threads of a region that asks for no number. */
int kernel_default_threads(void)
{
    int threads = 0;
#pragma omp parallel
    {
#pragma omp atomic
        threads++;
    }
    return threads;
}

/* Keeps all threads in a region for so many milliseconds. */
void kernel_sleep(int milliseconds)
{
#pragma omp parallel
    {
        double end = omp_get_wtime() + milliseconds * 1e-3;
        while (omp_get_wtime() < end)
            sched_yield();
    }
}

/* out[i] = f(i). */
void kernel_map(double (*f)(long), long n, double *out)
{
#pragma omp parallel for schedule(dynamic, 16)
    for (long i = 0; i < n; i++)
        out[i] = f(i);
}

/* The sum of f(i). */
double kernel_reduce(double (*f)(long), long n)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += f(i);
    return sum;
}

/* The sum of f(i), with barriers and criticals between the calls. */
long kernel_mixed(long (*f)(long), long n)
{
    long sum = 0;
#pragma omp parallel
    {
        for (int round = 0; round < 3; round++) {
#pragma omp for schedule(guided)
            for (long i = 0; i < n; i++) {
                long x = f(i);
#pragma omp critical
                sum += x;
            }
#pragma omp barrier
        }
    }
    return sum;
}

/* Calls f(p, i) for all i; returns the sum of the answers. */
long kernel_ptr(long (*f)(void *, long), void *p, long n)
{
    long sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += f(p, i);
    return sum;
}

/* The sum of f(i / 2). */
double kernel_double(double (*f)(double), long n)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += f((double)i * 0.5);
    return sum;
}

/* Call f(i), f(i, j) or f(p), which return nothing. */
void kernel_void(void (*f)(long), long n)
{
#pragma omp parallel for
    for (long i = 0; i < n; i++)
        f(i);
}

void kernel_void2(void (*f)(long, long), long n)
{
#pragma omp parallel for collapse(2)
    for (long i = 0; i < n; i++)
        for (long j = 0; j < n; j++)
            f(i, j);
}

void kernel_voidp(void (*f)(void *), char *p, long n)
{
#pragma omp parallel for
    for (long i = 0; i < n; i++)
        f(p + i);
}

/* The seconds that an empty region takes, and those that a barrier takes. */
double kernel_fork_cost(long n)
{
    double start = omp_get_wtime();
    for (long i = 0; i < n; i++) {
#pragma omp parallel
        __asm__ volatile("" ::: "memory");
    }
    return (omp_get_wtime() - start) / (double)n;
}

double kernel_barrier_cost(long n)
{
    double start = omp_get_wtime();
#pragma omp parallel
    for (long i = 0; i < n; i++) {
#pragma omp barrier
    }
    return (omp_get_wtime() - start) / (double)n;
}

/* Creates a task that completes when kernel_fulfil fulfils its event. */
omp_event_handle_t kernel_detached(void)
{
    omp_event_handle_t event;
#pragma omp task detach(event)
    __asm__ volatile("" ::: "memory");
    return event;
}

void kernel_fulfil(omp_event_handle_t event)
{
    omp_fulfill_event(event);
}

/* Starts a region on a new OS thread. */
static void *region_in_pthread(void *result)
{
    *(double *)result = kernel_sinsum(1000);
    return NULL;
}

double kernel_from_pthread(void)
{
    pthread_t thread;
    double result = -1;
    if (pthread_create(&thread, NULL, region_in_pthread, &result))
        return -1;
    pthread_join(thread, NULL);
    return result;
}
