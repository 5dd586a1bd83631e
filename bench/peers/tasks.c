/*
 * What a task costs beside the work in it, for the ways in which programs make
 * tasks: by all threads or by one, with the others idle or busy, waited for one
 * by one, nested, and as a tree with the work in its branches or its leaves.
 */
#include <omp.h>

#include "rows.h"

enum { WORK = 100, DEPTH = 7, IN_TREE = (1 << DEPTH) - 1 };

static int threads;
static int never;

static void nothing_but_work(long n)
{
    for (long i = 0; i < n; i++)
        work(WORK);
}

static void by_all(long n)
{
#pragma omp parallel
    for (long i = 0; i < n; i++)
#pragma omp task
        work(WORK);
}

static void by_one(long n)
{
#pragma omp parallel
#pragma omp master
    for (long i = 0; i < n * threads; i++)
#pragma omp task
        work(WORK);
}

static void by_one_of_busy(long n)
{
#pragma omp parallel
    if (omp_get_thread_num() == 0) {
        for (long i = 0; i < n; i++)
#pragma omp task
            work(WORK);
    } else {
        nothing_but_work(n);
    }
}

static void undeferred(long n)
{
#pragma omp parallel
    for (long i = 0; i < n; i++)
#pragma omp task if (never)
        work(WORK);
}

static void waited(long n)
{
#pragma omp parallel
    for (long i = 0; i < n; i++) {
#pragma omp task
        work(WORK);
#pragma omp taskwait
    }
}

static void at_barrier(long n)
{
#pragma omp parallel
    for (long i = 0; i < n; i++) {
#pragma omp task
        work(WORK);
#pragma omp barrier
    }
}

static void nested(long n)
{
#pragma omp parallel
    for (long i = 0; i < n; i++) {
#pragma omp task
        {
#pragma omp task
            work(WORK);
#pragma omp taskwait
        }
    }
}

static void nested_by_one(long n)
{
#pragma omp parallel
#pragma omp master
    for (long i = 0; i < n * threads; i++) {
#pragma omp task
        {
#pragma omp task
            work(WORK);
#pragma omp taskwait
        }
    }
}

static void branches(int depth)
{
    if (depth == 0)
        return;
    for (int i = 0; i < 2; i++)
#pragma omp task
    {
        work(WORK);
        branches(depth - 1);
#pragma omp taskwait
    }
}

static void leaves(int depth)
{
    for (int i = 0; i < 2; i++)
        if (depth == 1) {
#pragma omp task
            work(WORK);
        } else {
#pragma omp task
            {
                leaves(depth - 1);
#pragma omp taskwait
            }
        }
}

/* Trees of IN_TREE * 2 tasks, and per thread one, so n counts tasks as above. */
static void branch_tree(long n)
{
#pragma omp parallel
    for (long i = 0; i < n; i += 2 * IN_TREE)
        branches(DEPTH);
}

static void leaf_tree(long n)
{
#pragma omp parallel
    for (long i = 0; i < n; i += 2 * IN_TREE)
        leaves(DEPTH);
}

/* the work of leaf_tree's tasks: those in the middle have none */
static void work_of_leaves(long n)
{
    for (long i = 0; i < n; i += 2 * IN_TREE)
        nothing_but_work(1 << DEPTH);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        operation *run, *reference;
        long least;
    } ways[] = {
        {"by-all", by_all, nothing_but_work, 64},
        {"by-one", by_one, nothing_but_work, 64},
        {"by-one-of-busy", by_one_of_busy, nothing_but_work, 64},
        {"undeferred", undeferred, nothing_but_work, 64},
        {"taskwait", waited, nothing_but_work, 64},
        {"barrier", at_barrier, nothing_but_work, 64},
        {"nested", nested, nothing_but_work, 64},
        {"nested-by-one", nested_by_one, nothing_but_work, 64},
        {"branch-tree", branch_tree, nothing_but_work, 2 * IN_TREE},
        {"leaf-tree", leaf_tree, work_of_leaves, 2 * IN_TREE},
    };
    /* not to be known when this is compiled */
    never = argc > 1000;
#pragma omp parallel
#pragma omp single
    threads = omp_get_num_threads();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (wanted(argc, argv, ways[i].name))
            row(ways[i].name, sampled(ways[i].run, ways[i].reference, ways[i].least));
    return 0;
}
