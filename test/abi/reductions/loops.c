/* ours only (GCC 12's libgomp hangs in one run of two): task reductions on worksharing
   loops of all schedules, ordered and doacross. */
#include "tree.h"

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
