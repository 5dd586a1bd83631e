/* critical, named critical, atomic by lock: one at a time.
 * not by Clang: needs a library for atomic operations
 */
#include "../check.h"

int main(void)
{
    long a = 0, b = 0, c = 0;
    long double wide = 0;
    int inside = 0, team = omp_get_max_threads();
    enum { n = 4000 };

#pragma omp parallel
    for (int i = 0; i < n; i++) {
#pragma omp critical
        {
            CHECK(++inside == 1, "%d inside", inside);
            a++;
            inside--;
        }
#pragma omp critical(left)
        b++;
#pragma omp critical(right)
        c++;
#pragma omp atomic
        wide += 1;
    }
    CHECK(a == (long)n * team && b == a && c == a, "%ld %ld %ld", a, b, c);
    CHECK(wide == (long double)a, "%Lf", wide);
    return 0;
}
