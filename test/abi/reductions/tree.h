/*
 * A tree of tasks with task reductions of an operator and of one that a program
 * declares, and what they must come to.
 */
#ifndef TREE_H
#define TREE_H

#include "../check.h"

#pragma omp declare reduction(times : long : omp_out = omp_out * omp_in % 1000003) \
    initializer(omp_priv = 1)

static long total, product;

static void tree(int depth)
{
#pragma omp task in_reduction(+ : total) in_reduction(times : product)
    {
        total += depth;
        product = product * (depth + 2) % 1000003;
        if (depth > 0) {
            tree(depth - 1);
            tree(depth - 1);
        }
    }
}

static long expected_total(int depth)
{
    return depth + (depth > 0 ? 2 * expected_total(depth - 1) : 0);
}

static long expected_product(int depth)
{
    long below = depth > 0 ? expected_product(depth - 1) : 1;
    return below * below % 1000003 * (depth + 2) % 1000003;
}

static void check_tree(const char *where, long times, int depth)
{
    long wanted = 1;
    for (long i = 0; i < times; i++)
        wanted = wanted * expected_product(depth) % 1000003;
    CHECK(total == times * expected_total(depth), "%s: %ld", where, total);
    CHECK(product == wanted, "%s: %ld", where, product);
    total = 0;
    product = 1;
}

#endif
