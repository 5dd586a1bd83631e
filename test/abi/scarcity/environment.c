/* ours only
 * The same from the environment. libgomp ends the process.
 * env: OMP_DYNAMIC=true
 * sizes: 2147483647
 * prints: a region asks for 2147483647 threads, more than the system can have
 * unwatched: valgrind and LeakSanitizer need what is scarce here
 */
#include "../check.h"

int main(void)
{
    int n = 0;
    CHECK(omp_get_max_threads() == INT_MAX, "%d", omp_get_max_threads());
#pragma omp parallel reduction(+ : n)
    n++;
    CHECK(n >= 1 && n <= 1024, "%d threads", n);
#pragma omp parallel num_threads(3) reduction(+ : n)
    n++;
    return 0;
}
