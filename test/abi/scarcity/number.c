/* ours only
 * Numbers of threads that no system has give smaller teams and one warning. libgomp
 * ends the process.
 * prints: a region asks for 2147483647 threads, more than the system can have
 */
#include "../check.h"

static int size(int clause)
{
    int n = 0;
    if (clause) {
#pragma omp parallel num_threads(clause) reduction(+ : n)
        n++;
    } else {
#pragma omp parallel reduction(+ : n)
        n++;
    }
    CHECK(n >= 1 && n <= 1024, "%d threads", n);
    return n;
}

int main(void)
{
    int before = size(0);
    CHECK(before == omp_get_max_threads(), "%d threads", before);
    for (int i = 0; i < 20; i++) {
        size(INT_MAX - i);
        omp_set_dynamic(i & 1);
    }
    CHECK(omp_get_max_threads() == before, "%d", omp_get_max_threads());
    omp_set_dynamic(0);
    omp_set_num_threads(INT_MAX);
    CHECK(omp_get_max_threads() == INT_MAX, "%d", omp_get_max_threads());
    omp_set_max_active_levels(2);
    int n = size(0);
#pragma omp parallel num_threads(2)
    CHECK(size(0) == n, "nested");
    omp_set_num_threads(before);
    CHECK(size(0) == before, "%d threads before", before);
    return 0;
}
