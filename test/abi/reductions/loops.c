/* ours only (GCC 12's libgomp hangs in one run of two): task reductions on worksharing
   loops of all schedules, ordered and doacross. */
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

static void on_loops(void)
{
#define LOOP(clauses) \
    do { \
        _Pragma("omp parallel") \
        { \
            _Pragma(clauses) for (int i = 0; i < 37; i++) tree(3); \
        } \
        check_tree(clauses, 37, 3); \
    } while (0)
    LOOP("omp for reduction(task, + : total) reduction(task, times : product)");
    LOOP("omp for schedule(static, 2) reduction(task, + : total) reduction(task, times : product)");
    LOOP("omp for schedule(dynamic, 3) reduction(task, + : total) reduction(task, times : product)");
    LOOP("omp for schedule(guided) reduction(task, + : total) reduction(task, times : product)");
    LOOP("omp for schedule(runtime) reduction(task, + : total) reduction(task, times : product)");
    LOOP("omp for schedule(monotonic: dynamic) reduction(task, + : total) reduction(task, times : product)");
#undef LOOP
#pragma omp parallel for reduction(task, + : total) reduction(task, times : product)
    for (unsigned long long i = 3; i < 40; i++)
        tree(2);
    check_tree("parallel for", 37, 2);
#pragma omp parallel for ordered reduction(task, + : total) reduction(task, times : product)
    for (int i = 0; i < 9; i++) {
#pragma omp ordered
        tree(2);
    }
    check_tree("ordered", 9, 2);
#pragma omp parallel for ordered(1) reduction(task, + : total) reduction(task, times : product)
    for (int i = 0; i < 9; i++) {
#pragma omp ordered depend(sink : i - 1)
        tree(2);
#pragma omp ordered depend(source)
    }
    check_tree("doacross", 9, 2);
#pragma omp parallel for reduction(task, + : total)
    for (int i = 0; i < 0; i++)
        tree(2);
    CHECK(total == 0, "no iterations: %ld", total);
}

int main(void)
{
    product = 1;
    for (int round = 0; round < 3; round++)
        on_loops();
    return 0;
}
