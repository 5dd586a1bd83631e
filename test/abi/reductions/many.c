/* Tens of thousands of tasks that reduce, in trees, lists and loops; a list item of each
   kind: variable-length arrays, sections of arrays, many items at once. */
#include "../check.h"

enum { TASKS = 20000 };

static void flat(void)
{
    long sum = 0, least = LONG_MAX, bits = 0, all = 1;
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup task_reduction(+ : sum) task_reduction(min : least) \
    task_reduction(| : bits) task_reduction(&& : all)
    for (int i = 0; i < TASKS; i++) {
#pragma omp task in_reduction(+ : sum) in_reduction(min : least) in_reduction(| : bits) \
    in_reduction(&& : all)
        {
            sum += i;
            least = i - 77 < least ? i - 77 : least;
            bits |= 1L << i % 60;
            all = all && i < TASKS;
        }
    }
    CHECK(sum == (long) TASKS * (TASKS - 1) / 2, "%ld", sum);
    CHECK(least == -77 && bits == (1L << 60) - 1 && all, "%ld %lx %ld", least, bits, all);
}

static long leaves;
static void split(int depth)
{
    if (depth == 0) {
#pragma omp task in_reduction(+ : leaves)
        leaves++;
        return;
    }
    for (int i = 0; i < 2; i++) {
#pragma omp task in_reduction(+ : leaves)
        {
            leaves += 0;
            split(depth - 1);
        }
    }
}

static void trees(void)
{
    long threads = 0;
    leaves = 0;
#pragma omp parallel reduction(+ : threads) reduction(task, + : leaves)
    {
        threads++;
        split(9);
    }
    CHECK(leaves == threads << 9, "%ld", leaves);
    leaves = 0;
#pragma omp parallel for reduction(task, + : leaves) schedule(dynamic)
    for (int i = 0; i < 10; i++)
        split(8);
    CHECK(leaves == 10 << 8, "%ld", leaves);
}

__attribute__((noipa)) static void arrays(int n, int from, int length)
{
    long whole[n], part[n];
    double other[10] = { 0 };
    for (int i = 0; i < n; i++)
        whole[i] = part[i] = i;
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup task_reduction(+ : whole, part[from:length], other)
    for (int i = 0; i < 1000; i++) {
#pragma omp task in_reduction(+ : whole, part[from:length], other)
        {
            whole[i % n] += 1000;
            part[from + i % length] += 1000;
            other[i % 10] += 0.5;
#pragma omp task in_reduction(+ : part[from:length]) if (i % 3)
            part[from + i % length] += 1000;
        }
    }
    for (int i = 0; i < n; i++) {
        long times = 1000 / n + (i < 1000 % n);
        CHECK(whole[i] == i + 1000 * times, "%d: %ld", i, whole[i]);
        int at = i - from;
        times = at < 0 || at >= length ? 0 : 2 * (1000 / length + (at < 1000 % length));
        CHECK(part[i] == i + 1000 * times, "%d: %ld", i, part[i]);
    }
    for (int i = 0; i < 10; i++)
        CHECK(other[i] == 50, "%d: %g", i, other[i]);
}

__attribute__((noipa)) static void arrays_of_a_region(int n, int from, int length)
{
    long whole[n], part[n];
    for (int i = 0; i < n; i++)
        whole[i] = part[i] = i;
#pragma omp parallel reduction(task, + : whole, part[from:length])
    {
#pragma omp for
        for (int i = 0; i < n; i++) {
#pragma omp task in_reduction(+ : whole, part[from:length])
            {
                whole[i]--;
                part[from + i % length] += 3;
            }
        }
    }
    CHECK(whole[n - 1] == n - 2, "%ld", whole[n - 1]);
    CHECK(part[from] == from + 3 * ((n - 1) / length + 1), "%ld", part[from]);
}

static void loops(void)
{
    long sum = 0, product = 1;
#pragma omp parallel
#pragma omp single
    {
#pragma omp taskloop reduction(+ : sum) grainsize(1)
        for (int i = 0; i < TASKS; i++)
            sum += i;
#pragma omp taskgroup task_reduction(+ : sum) task_reduction(* : product)
#pragma omp taskloop in_reduction(+ : sum) in_reduction(* : product) nogroup num_tasks(500)
        for (int i = 0; i < TASKS; i++) {
            sum += i;
            product *= i % 1000 ? 1 : 2;
        }
    }
    CHECK(sum == (long) TASKS * (TASKS - 1), "%ld", sum);
    CHECK(product == 1L << TASKS / 1000, "%ld", product);
}

int main(void)
{
    for (int round = 0; round < 3; round++) {
        flat();
        trees();
        arrays(17, 3, 9);
        arrays(5, 0, 5);
        arrays_of_a_region(17, 3, 9);
        loops();
    }
    return 0;
}
