/*
 * What a construct costs beside the work in it: regions, worksharing, barriers,
 * mutual exclusion, each with a tenth of a microsecond of work per thread. The
 * arguments name the rows wanted; without any, all.
 */
#include <omp.h>

#include "rows.h"

enum { WORK = 100 };

static int threads;
static omp_lock_t lock;

static void nothing_but_work(long n)
{
    for (long i = 0; i < n; i++)
        work(WORK);
}

static void parallel(long n)
{
    for (long i = 0; i < n; i++)
#pragma omp parallel
        work(WORK);
}

static void parallel_for(long n)
{
    for (long i = 0; i < n; i++)
#pragma omp parallel for
        for (int t = 0; t < threads; t++)
            work(WORK);
}

static void reduction(long n)
{
    for (long i = 0; i < n; i++) {
        long sum = 0;
#pragma omp parallel reduction(+ : sum)
        {
            work(WORK);
            sum++;
        }
        if (sum != threads)
            exit(1);
    }
}

static void worksharing(long n)
{
#pragma omp parallel
    for (long i = 0; i < n; i++)
#pragma omp for
        for (int t = 0; t < threads; t++)
            work(WORK);
}

static void barrier(long n)
{
#pragma omp parallel
    for (long i = 0; i < n; i++) {
        work(WORK);
#pragma omp barrier
    }
}

static void single(long n)
{
#pragma omp parallel
    for (long i = 0; i < n; i++)
#pragma omp single
        work(WORK);
}

/* From here on the team shares the n operations: what excludes cannot be faster
 * than one after another. */

static void critical(long n)
{
#pragma omp parallel
    for (long i = 0; i < n / threads; i++)
#pragma omp critical
        work(WORK);
}

static void locked(long n)
{
#pragma omp parallel
    for (long i = 0; i < n / threads; i++) {
        omp_set_lock(&lock);
        work(WORK);
        omp_unset_lock(&lock);
    }
}

/* one thread alone */
static void uncontended(long n)
{
    for (long i = 0; i < n; i++) {
        omp_set_lock(&lock);
        work(WORK);
        omp_unset_lock(&lock);
    }
}

static void ordered(long n)
{
#pragma omp parallel for ordered schedule(static, 1)
    for (long i = 0; i < n; i++)
#pragma omp ordered
        work(WORK);
}

static double shared_sum;

static void atomic(long n)
{
#pragma omp parallel
    for (long i = 0; i < n / threads; i++)
#pragma omp atomic
        shared_sum += 1.0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        operation *run, *reference;
    } constructs[] = {
        {"parallel", parallel, nothing_but_work},
        {"parallel-for", parallel_for, nothing_but_work},
        {"reduction", reduction, nothing_but_work},
        {"for", worksharing, nothing_but_work},
        {"barrier", barrier, nothing_but_work},
        {"single", single, nothing_but_work},
        {"critical", critical, nothing_but_work},
        {"lock", locked, nothing_but_work},
        {"uncontended-lock", uncontended, nothing_but_work},
        {"ordered", ordered, nothing_but_work},
        {"atomic", atomic, NULL},
    };
#pragma omp parallel
#pragma omp single
    threads = omp_get_num_threads();
    omp_init_lock(&lock);
    for (size_t i = 0; i < sizeof constructs / sizeof *constructs; i++)
        if (wanted(argc, argv, constructs[i].name))
            row(constructs[i].name, sampled(constructs[i].run, constructs[i].reference, threads));
    omp_destroy_lock(&lock);
    return 0;
}
