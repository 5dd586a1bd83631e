/* target with nowait and depend: a task, with its own copies.
 * not by Clang: its target is no region of its own
 */
#include "../check.h"

#define N 50

static void copies(void)
{
    int sum = 0;
    for (int i = 0; i < N; i++) {
        struct { int values[30]; } big;
        for (int k = 0; k < 30; k++)
            big.values[k] = i;
#pragma omp target nowait firstprivate(big, i) map(tofrom: sum)
        {
            int same = 1;
            for (int k = 0; k < 30; k++)
                same &= big.values[k] == i;
            big.values[0] = -1;
#pragma omp atomic
            sum += same ? i : 1000000;
        }
        memset(&big, 0xff, sizeof big);
    }
#pragma omp taskwait
    CHECK(sum == N * (N - 1) / 2, "sum %d", sum);
}

static void order(void)
{
    int x = 0, y = 0;
    for (int i = 0; i < N; i++) {
#pragma omp target nowait depend(inout: x) map(tofrom: x)
        x = x + 1;
#pragma omp target nowait depend(in: x) depend(inout: y) map(to: x) map(tofrom: y)
        y = x;
#pragma omp target update nowait depend(in: x) to(y)
    }
#pragma omp target enter data nowait map(to: x) depend(inout: x)
#pragma omp target exit data nowait map(from: x) depend(inout: x)
    /* Without nowait it is complete when it returns, and so are its predecessors. */
    int seen = -1;
#pragma omp target depend(in: x) map(from: seen) map(to: x)
    seen = x;
    CHECK(seen == N, "target depend(in) saw %d", seen);
#pragma omp target update from(y) depend(in: y)
    CHECK(y == N, "y %d", y);
#pragma omp task depend(inout: x) shared(x)
    x *= 2;
#pragma omp target data map(tofrom: x)
#pragma omp target depend(inout: x) map(tofrom: x)
    x++;
    CHECK(x == 2 * N + 1, "x %d", x);
#pragma omp taskwait
}

static void groups(void)
{
    int count = 0;
#pragma omp taskgroup
    for (int i = 0; i < N; i++)
#pragma omp target nowait map(tofrom: count)
#pragma omp atomic
        count++;
    CHECK(count == N, "count %d", count);
    int level = -1;
#pragma omp target nowait map(tofrom: level) thread_limit(3)
    level = omp_get_level() * 1000 + omp_get_thread_limit();
#pragma omp taskwait
    CHECK(level == 3, "level and limit %d", level);
#pragma omp task final(1) shared(count)
    {
        count = 0;
#pragma omp target nowait map(tofrom: count)
        count = 1;
        CHECK(count == 1, "an included target is not done");
    }
#pragma omp taskwait
}

int main(void)
{
    for (int round = 0; round < 10; round++) {
#pragma omp parallel
        {
            copies();
            order();
#pragma omp single
            groups();
        }
    }
    /* The region's end waits for what is left. */
    int left = 0;
#pragma omp parallel
    for (int i = 0; i < N; i++)
#pragma omp target nowait map(tofrom: left)
#pragma omp atomic
        left++;
    int first = 0;
#pragma omp parallel reduction(+: first)
    first++;
    CHECK(left == first * N, "left %d", left);

    /* On a thread alone, too. */
    copies();
    order();
    groups();
    return 0;
}
