/* ours only (GCC 12's libgomp hangs in one run of two): task reductions on each
 * construct that can have them: taskgroup, parallel,
 * sections, scope, taskloop (loops: loops.c); nested, in orphaned functions, in final and undeferred
 * tasks, without any task.
 * not by Clang: takes no task modifier on combined loops
 */
#include "tree.h"

struct wide {
    long low, high;
};
#pragma omp declare reduction(join : struct wide : omp_out.low += omp_in.low, \
                                  omp_out.high |= omp_in.high) \
    initializer(omp_priv = (struct wide){ 0, 0 })

static struct wide both;

static void on_taskgroup(void)
{
#pragma omp parallel
#pragma omp single
    {
#pragma omp taskgroup task_reduction(+ : total) task_reduction(times : product)
        tree(7);
        check_tree("taskgroup", 1, 7);
#pragma omp taskgroup task_reduction(+ : total) task_reduction(times : product)
        {
        }
        CHECK(total == 0 && product == 1, "an empty taskgroup: %ld %ld", total, product);
    }
    /* In the initial thread's implicit task. */
#pragma omp taskgroup task_reduction(+ : total)
    {
#pragma omp task in_reduction(+ : total) if (0)
        total += 5;
#pragma omp task in_reduction(+ : total) final(1)
        {
#pragma omp task in_reduction(+ : total)
            total += 6;
        }
    }
    CHECK(total == 11, "outside of a region: %ld", total);
    total = 0;
}

static void on_parallel(void)
{
    long threads = 0, plain = 0;
#pragma omp parallel reduction(task, + : total) reduction(task, times : product) \
    reduction(+ : plain)
    {
        tree(5);
#pragma omp atomic
        threads++;
        plain += 2;
#pragma omp single
        total += 1000; /* the implicit task's own copy counts as well */
    }
    CHECK(plain == 2 * threads, "%ld", plain);
    total -= 1000;
    check_tree("parallel", threads, 5);

    /* Two regions inside, each with reductions of its own. */
    long inner = 0;
#pragma omp parallel num_threads(2) reduction(task, + : inner)
    {
        long mine = 0;
#pragma omp parallel num_threads(2) reduction(task, + : mine)
        {
#pragma omp task in_reduction(+ : mine)
            mine++;
        }
        CHECK(mine == omp_get_max_active_levels() || mine >= 1, "%ld", mine);
#pragma omp task in_reduction(+ : inner)
        inner += 1;
    }
    CHECK(inner >= 1 && inner <= 2, "%ld", inner);
}

static void on_sections_and_scope(void)
{
#pragma omp parallel
#pragma omp sections reduction(task, + : total) reduction(task, times : product)
    {
        tree(4);
#pragma omp section
        tree(4);
#pragma omp section
        tree(4);
    }
    check_tree("sections", 3, 4);
#pragma omp parallel sections reduction(task, + : total) reduction(task, times : product)
    {
        tree(4);
#pragma omp section
        tree(4);
    }
    check_tree("parallel sections", 2, 4);
    long threads = 0;
#pragma omp parallel reduction(+ : threads)
    {
        threads++;
        for (int round = 0; round < 3; round++) {
#pragma omp scope reduction(task, + : total) reduction(task, times : product)
            tree(4);
        }
    }
    check_tree("scope", 3 * threads, 4);
}

static void on_taskloop(void)
{
    long sum = 0, outer = 0;
#pragma omp parallel
#pragma omp single
    {
#pragma omp taskloop reduction(+ : sum) reduction(join : both)
        for (int i = 0; i < 1000; i++) {
            sum += i;
            both.low += 1;
            both.high |= 1L << i % 50;
        }
        CHECK(sum == 499500, "taskloop: %ld", sum);
        CHECK(both.low == 1000 && both.high == (1L << 50) - 1, "%ld %lx", both.low, both.high);
        sum = 0;
#pragma omp taskgroup task_reduction(+ : sum, outer)
        {
#pragma omp taskloop in_reduction(+ : sum) nogroup grainsize(7)
            for (int i = 0; i < 1000; i++)
                sum += i;
#pragma omp taskloop in_reduction(+ : sum) reduction(+ : outer) num_tasks(9)
            for (int i = 0; i < 1000; i++) {
                sum += i;
                outer += 1;
            }
        }
        CHECK(sum == 999000 && outer == 1000, "%ld %ld", sum, outer);
#pragma omp taskloop reduction(+ : sum) if (0)
        for (int i = 5; i > 0; i--)
            sum++;
#pragma omp taskloop reduction(+ : sum)
        for (int i = 5; i < 5; i++)
            sum++;
        CHECK(sum == 999005, "%ld", sum);
    }
#pragma omp parallel reduction(task, + : outer)
    {
#pragma omp taskloop in_reduction(+ : outer)
        for (int i = 0; i < 10; i++)
            outer++;
#pragma omp master
        outer += 10000000;
    }
    CHECK(outer % 10 == 0 && outer > 10001000, "%ld", outer);
}

static void nested_groups(void)
{
    long a = 0, b = 0;
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup task_reduction(+ : a, b)
    for (int i = 0; i < 40; i++) {
#pragma omp task in_reduction(+ : a, b) firstprivate(i)
        {
            a += i;
            /* The private copy is the original of the group inside. */
#pragma omp taskgroup task_reduction(+ : a)
            for (int j = 0; j < 5; j++) {
#pragma omp task in_reduction(+ : a, b)
                {
                    a += 1000;
                    b += 1;
                }
            }
        }
    }
    CHECK(a == 780 + 200000 && b == 200, "%ld %ld", a, b);
}

int main(void)
{
    omp_set_max_active_levels(2);
    product = 1;
    for (int round = 0; round < 3; round++) {
        both = (struct wide){ 0, 0 };
        on_taskgroup();
        on_parallel();
        on_sections_and_scope();
        on_taskloop();
        nested_groups();
    }
    return 0;
}
