/* No data race: each part orders its accesses in another way. */
#include <omp.h>
#include <stdio.h>

#define N 1000

static int a[N], b[N];
static long sum, counter;
#pragma omp threadprivate(counter)

static void loops(void)
{
#pragma omp parallel
    {
#pragma omp for
        for (int i = 0; i < N; i++)
            a[i] = i;
#pragma omp for schedule(dynamic, 7)
        for (int i = 0; i < N; i++)
            b[N - 1 - i] = a[i];
#pragma omp for schedule(guided) nowait
        for (int i = 0; i < N; i++)
            b[i]++;
    }
    for (int i = 0; i < N; i++)
        sum += b[i];
}

static void reductions(void)
{
    long x = 0, y = 0, w = 0;
    double z = 0;
#pragma omp parallel reduction(+ : z)
    {
#pragma omp for reduction(+ : x) nowait
        for (int i = 0; i < N; i++)
            x += a[i];
#pragma omp for reduction(max : y)
        for (int i = 0; i < N; i++)
            y = a[i] > y ? a[i] : y;
        z += (double) y;
        /* Clang adds these up by an atomic operation, with a barrier behind it. */
#pragma omp for reduction(+ : w)
        for (int i = 0; i < N; i++)
            w += b[i];
    }
    sum += x + y + (long) z + w;
}

static void exclusion(void)
{
    long x = 0, y = 0, z = 0, n = 0;
    omp_lock_t lock;
    omp_nest_lock_t nest;
    omp_init_lock(&lock);
    omp_init_nest_lock(&nest);
#pragma omp parallel
    for (int i = 0; i < 50; i++) {
#pragma omp critical
        x++;
#pragma omp critical(other)
        n++;
        omp_set_lock(&lock);
        y++;
        omp_unset_lock(&lock);
        if (omp_test_lock(&lock)) {
            y++;
            omp_unset_lock(&lock);
        }
        omp_set_nest_lock(&nest);
        omp_set_nest_lock(&nest);
        z++;
        omp_unset_nest_lock(&nest);
        omp_unset_nest_lock(&nest);
    }
    omp_destroy_lock(&lock);
    omp_destroy_nest_lock(&nest);
#pragma omp parallel for ordered schedule(dynamic)
    for (int i = 0; i < 50; i++) {
#pragma omp ordered
        x++;
    }
    sum += x + y + z + n;
}

static void one_for_all(void)
{
    int x = 0, y = 0;
#pragma omp parallel private(y)
    {
#pragma omp single
        x = 1;
#pragma omp critical
        sum += x;
#pragma omp single copyprivate(y)
        y = x + 1;
#pragma omp barrier
#pragma omp master
        x = y;
#pragma omp barrier
#pragma omp critical
        sum += x + y;
#pragma omp sections
        {
#pragma omp section
            a[0] = 5;
#pragma omp section
            a[1] = 6;
        }
#pragma omp critical
        sum += a[0] + a[1];
        counter++;
    }
}

static int fib(int n)
{
    int x, y;
    if (n < 2)
        return n;
#pragma omp task shared(x)
    x = fib(n - 1);
#pragma omp task shared(y)
    y = fib(n - 2);
#pragma omp taskwait
    return x + y;
}

static void tasks(void)
{
    int x = 0, y = 0, z = 0, f = 0;
#pragma omp parallel
#pragma omp single
    {
        f = fib(10);
#pragma omp task depend(out : x) shared(x)
        x = 1;
#pragma omp task depend(in : x) depend(out : y) shared(x, y)
        y = x;
#pragma omp task depend(in : x) depend(out : z) shared(x, z)
        z = x;
#pragma omp task depend(inout : x) depend(in : y, z) shared(x, y, z)
        x = y + z;
#pragma omp taskwait
#pragma omp taskgroup
        {
#pragma omp task shared(y)
#pragma omp task shared(y)
            y = x;
        }
        z = x + y;
        /* Tasks that change copies of their own: their memory is used again. */
        for (int i = 0; i < 2000; i++) {
            int copy = i;
#pragma omp task firstprivate(copy)
            {
                copy++;
                a[i % N] = b[i % N] = 0;
#pragma omp critical
                sum += copy;
            }
            if (i % N == N - 1) {
#pragma omp taskwait
            }
        }
#pragma omp taskloop grainsize(10)
        for (int i = 0; i < N; i++)
            b[i]++;
    }
    sum += x + y + z + f + b[3];
}

static void nested(void)
{
    int x[4] = {0};
    omp_set_max_active_levels(2);
#pragma omp parallel for num_threads(2)
    for (int i = 0; i < 2; i++) {
#pragma omp parallel for num_threads(2)
        for (int j = 0; j < 2; j++)
            x[2 * i + j] = i + j;
        x[2 * i] += x[2 * i + 1];
    }
    sum += x[0] + x[2];
}

int main(void)
{
    for (int i = 0; i < 3; i++) {
        loops();
        reductions();
        exclusion();
        one_for_all();
        tasks();
        nested();
    }
    printf("done: %ld\n", sum);
    return 0;
}
