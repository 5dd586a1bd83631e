/*
 * C kernels that call closures from every kind of construct.
 */
#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/* Six integers and eight doubles, all different.  The weighted sum shows where each
 * arrived. */
double kernel_wide(double (*f)(long, double, long, double, long, double, long, double, long,
                               double, long, double, double, double),
                   long n)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += f(i + 1, 0.5, i + 2, 1.5, i + 3, 2.5, i + 4, 3.5, i + 5, 4.5, i + 6, 5.5, 6.5, 7.5);
    return sum;
}

/* Narrow types, which use only the lower part of a register. */
long kernel_narrow(int8_t (*f)(int8_t, uint16_t, int, float), long n)
{
    long sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += f((int8_t)-(i % 100), (uint16_t)(i + 65000), (int)-i, (float)i * 0.25f);
    return sum;
}

float kernel_float(float (*f)(float), long n)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += f((float)i);
    return (float)sum;
}

static long tree(long (*f)(long), int depth)
{
    long a = 0, b = 0;
    if (depth == 0)
        return f(1);
#pragma omp task shared(a)
    a = tree(f, depth - 1);
#pragma omp task shared(b)
    b = tree(f, depth - 1);
#pragma omp taskwait
    return a + b + f(0);
}

/* Counts the leaves of a tree of tasks that call f: 2^depth. */
long kernel_tree(long (*f)(long), int depth)
{
    long result = 0;
#pragma omp parallel
#pragma omp single
    result = tree(f, depth);
    return result;
}

/*
 * Calls between all constructs that can wait: barriers, criticals, ordered, single,
 * locks, tasks, taskgroups, nested regions, sections.  With f(x) = x the result is 4 n,
 * plus 3, plus 1 for each thread.  It is -1 if `ordered` was not in order.
 */
long kernel_everything(long (*f)(long), long n, int threads)
{
    long sum = 0, in_order = 0;
    int dynamic = omp_get_dynamic();
    omp_lock_t lock;
    omp_set_dynamic(0);
    omp_init_lock(&lock);
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(dynamic, 3)
        for (long i = 0; i < n; i++) {
            long x = f(1);
#pragma omp critical
            sum += x;
        }
#pragma omp for schedule(static, 2) nowait
        for (long i = 0; i < n; i++) {
            omp_set_lock(&lock);
            sum += f(1);
            omp_unset_lock(&lock);
        }
#pragma omp barrier
#pragma omp for ordered schedule(dynamic, 1)
        for (long i = 0; i < n; i++) {
            long x = f(i);
#pragma omp ordered
            {
                if (in_order == x)
                    in_order = f(x + 1);
            }
        }
#pragma omp single
        {
            for (long i = 0; i < n; i++) {
#pragma omp task shared(sum)
                {
                    long x = f(1);
#pragma omp atomic
                    sum += x;
                }
            }
#pragma omp taskwait
#pragma omp taskgroup
            for (long i = 0; i < n; i++) {
#pragma omp task shared(sum)
                {
                    long x = f(1);
#pragma omp critical
                    sum += x;
                }
            }
        }
#pragma omp parallel num_threads(2)
#pragma omp single
        {
            long x = f(1);
#pragma omp atomic
            sum += x;
        }
#pragma omp barrier
#pragma omp sections
        {
#pragma omp section
            {
                long x = f(2);
#pragma omp atomic
                sum += x;
            }
#pragma omp section
            {
                long x = f(1);
#pragma omp atomic
                sum += x;
            }
        }
    }
    omp_destroy_lock(&lock);
    omp_set_dynamic(dynamic);
    return in_order == n ? sum : -1;
}

/* Counts the calls: n, or fewer if the loop was cut short. */
long kernel_calls(long (*f)(long), long n, int chunks_by_runtime)
{
    long calls = 0;
    if (chunks_by_runtime) {
#pragma omp parallel for schedule(dynamic, 1) reduction(+ : calls)
        for (long i = 0; i < n; i++) {
            f(i);
            calls++;
        }
    } else {
#pragma omp parallel for reduction(+ : calls)
        for (long i = 0; i < n; i++) {
            f(i);
            calls++;
        }
    }
    return calls;
}

/* Calls f and g in turn. */
long kernel_two(long (*f)(long), long (*g)(long), long n)
{
    long sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += f(i) - g(i);
    return sum;
}

/* Calls f outside of regions. */
long kernel_alone(long (*f)(long), long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum += f(i);
    return sum;
}

struct job {
    long (*f)(long);
    long n, result;
};

static void *work(void *arg)
{
    struct job *job = arg;
    job->result = kernel_alone(job->f, job->n);
    return NULL;
}

/* Calls f from threads that OpenMP does not know. */
long kernel_strangers(long (*f)(long), long n)
{
    pthread_t threads[3];
    struct job jobs[3];
    long sum = 0;
    for (int i = 0; i < 3; i++) {
        jobs[i] = (struct job){f, n, 0};
        if (pthread_create(&threads[i], NULL, work, &jobs[i]))
            return -1;
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        sum += jobs[i].result;
    }
    return sum;
}

/* The sum of f over the iterations.  Between the calls C computes for longer than a call
 * takes, so that collections happen in safe mode. */
double kernel_slow(double (*f)(long), long n, double seconds)
{
    double sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < n; i++) {
        double end = omp_get_wtime() + seconds;
        sum += f(i);
        while (omp_get_wtime() < end)
            ;
    }
    return sum;
}

/*
 * Uses up the stack. Clang would shorten a frame of which one byte is used, and make a loop of
 * a call whose frame is not read after it.
 */
long kernel_deep(long n)
{
    volatile char frame[4096];
    frame[n % 4096] = (char)n;
    long rest = n == 0 ? 0 : kernel_deep(n - 1);
    return rest + frame[n % 4096] - (char)n;
}

/* Calls f(i) from regions, again and again, on a thread that nobody waits for. */
static void *call_for_ever(void *f)
{
    long (*call)(long) = *(long (**)(long))f;
    for (;;) {
#pragma omp parallel
        call(omp_get_thread_num());
    }
    return NULL;
}

void kernel_for_ever(long (*f)(long))
{
    static long (*call)(long);
    pthread_t thread;
    call = f;
    if (pthread_create(&thread, NULL, call_for_ever, &call) == 0)
        pthread_detach(thread);
}
