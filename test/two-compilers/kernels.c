/*
 * Kernels that GCC and Clang both compile: BY(name) is the compiler's own name for each.
 */
#include <omp.h>

#define JOINED(name, compiler) name##_##compiler
#define EXPANDED(name, compiler) JOINED(name, compiler)
#ifdef __clang__
#define BY(name) EXPANDED(name, clang)
#define OTHER(name) EXPANDED(name, gcc)
#else
#define BY(name) EXPANDED(name, gcc)
#define OTHER(name) EXPANDED(name, clang)
#endif

typedef long function(long);

/* f(0) + ... + f(n - 1), in a region of two threads. */
long BY(sum)(long n, function *f)
{
    long sum = 0;
#pragma omp parallel for num_threads(2) schedule(dynamic, 3) reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += f(i);
    return sum;
}

/* How many threads a region gets that names no number. */
long BY(team)(void)
{
    long team = 0;
#pragma omp parallel
#pragma omp masked
    team = omp_get_num_threads();
    return team;
}

void BY(ask)(long threads)
{
    omp_set_dynamic(0);
    omp_set_num_threads((int)threads);
}

/* The nesting level. */
long BY(level)(long ignored)
{
    (void)ignored;
    return omp_get_level();
}

/* Constructs that bind to the caller's region, whichever compiler made it. */
void BY(share)(long n, long *a, function *f)
{
    static long tasks;
#pragma omp single
    tasks = 0;
#pragma omp for schedule(guided)
    for (long i = 0; i < n; i++)
        a[i] = f(i);
#pragma omp single nowait
    for (long i = 0; i < n; i++) {
#pragma omp task firstprivate(i, f)
        {
            long value = f(i);
#pragma omp atomic
            tasks += value;
        }
    }
#pragma omp barrier
#pragma omp for ordered schedule(static, 1)
    for (long i = 0; i < n; i++) {
#pragma omp ordered
        a[i] += i ? a[i - 1] : tasks;
    }
}

void OTHER(share)(long n, long *a, function *f);

/* This compiler's region with the other's constructs. Returns the last element. */
long BY(around)(long n, long *a, function *f)
{
#pragma omp parallel num_threads(2)
    OTHER(share)(n, a, f);
    return a[n - 1];
}

/* A lock that one compiler's code makes, for regions of the other's. */
static omp_nest_lock_t lock;

omp_nest_lock_t *BY(lock)(void)
{
    omp_init_nest_lock(&lock);
    return &lock;
}

void BY(unlock)(omp_nest_lock_t *it)
{
    omp_destroy_nest_lock(it);
}

/* f adds under the lock, twice locked. */
void BY(locked)(long n, omp_nest_lock_t *it, function *f)
{
#pragma omp parallel for num_threads(2)
    for (long i = 0; i < n; i++) {
        omp_set_nest_lock(it);
        omp_set_nest_lock(it);
        f(i);
        omp_unset_nest_lock(it);
        omp_unset_nest_lock(it);
    }
}
