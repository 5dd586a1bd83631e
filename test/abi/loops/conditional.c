/* lastprivate(conditional: ...): the value of the last iteration, or section, that assigned.
 * not by Clang: does not have lastprivate(conditional: )
 */
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized" /* of GCC's own copies */
#include "../check.h"

static int plain, by_section;
static long wide;

static void loops(int n, int until)
{
    int x = -5, y = -6;
    long z = -7;
#pragma omp parallel
    {
#pragma omp for lastprivate(conditional : x) schedule(dynamic, 3)
        for (int i = 0; i < n; i++)
            if (i % 7 == 2 && i < until)
                x = i;
#pragma omp for lastprivate(conditional : y, z) schedule(static, 2)
        for (unsigned long long i = 0; i < (unsigned long long) n; i++) {
            if (i % 5 == 1 && i < (unsigned long long) until)
                y = (int) i;
            if (i == 0)
                z = 100;
        }
    }
    int last_x = -5, last_y = -6;
    for (int i = 0; i < n && i < until; i++) {
        last_x = i % 7 == 2 ? i : last_x;
        last_y = i % 5 == 1 ? i : last_y;
    }
    CHECK(x == last_x, "%d of %d: %d, not %d", until, n, x, last_x);
    CHECK(y == last_y, "%d of %d: %d, not %d", until, n, y, last_y);
    CHECK(z == (n > 0 ? 100 : -7), "%ld", z);

    /* GCC 12 takes the wrong value in loops that count down. */
#pragma omp parallel for lastprivate(conditional : x) schedule(guided)
    for (int i = 0; i < n; i++)
        if (i % 3 == 0 && i < until)
            x = i;
    for (int i = 0; i < n && i < until; i++)
        last_x = i % 3 == 0 ? i : last_x;
    CHECK(x == last_x, "guided: %d of %d: %d, not %d", until, n, x, last_x);
}

static void others(void)
{
    wide = plain = by_section = 0;
#pragma omp parallel sections lastprivate(conditional : by_section)
    {
#pragma omp section
        by_section = 1;
#pragma omp section
        if (plain == 0)
            by_section = 2;
#pragma omp section
        if (plain == 1)
            by_section = 3;
    }
    CHECK(by_section == 2, "%d", by_section);
#pragma omp parallel
#pragma omp for ordered lastprivate(conditional : plain)
    for (int i = 0; i < 40; i++) {
#pragma omp ordered
        if (i < 30)
            plain = i;
    }
    CHECK(plain == 29, "%d", plain);
#pragma omp parallel for ordered(1) lastprivate(conditional : wide) schedule(dynamic)
    for (int i = 0; i < 40; i++) {
#pragma omp ordered depend(sink : i - 1)
        if (i % 11 == 4)
            wide = i;
#pragma omp ordered depend(source)
    }
    CHECK(wide == 37, "%ld", wide);
#pragma omp parallel for simd lastprivate(conditional : plain)
    for (int i = 0; i < 200; i++)
        if (i % 13 == 1)
            plain = i;
    CHECK(plain == 196, "%d", plain);
}

int main(void)
{
    for (int n = 0; n < 60; n += 7)
        for (int until = 0; until < 60; until += 11)
            loops(n, until);
    for (int round = 0; round < 50; round++)
        others();
    return 0;
}
