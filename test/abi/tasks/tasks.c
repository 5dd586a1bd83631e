/* Tasks: results, waits, groups, clauses, and what the end of a region does. */
#include "../check.h"

static long fib(int n)
{
    long a, b;
    if (n < 2)
        return n;
#pragma omp task shared(a) if (n > 3) final(n < 6)
    a = fib(n - 1);
#pragma omp task shared(b) untied mergeable
    b = fib(n - 2);
#pragma omp taskwait
    return a + b;
}

struct big { long values[100]; };

static int depth_first(int depth, int *count)
{
#pragma omp atomic
    ++*count;
    for (int i = 0; depth > 0 && i < 3; i++)
#pragma omp task firstprivate(depth)
        depth_first(depth - 1, count);
    return 0;
}

int main(void)
{
    long f = 0;
#pragma omp parallel
#pragma omp single
    f = fib(19);
    CHECK(f == 4181, "fib gave %ld", f);

    for (int round = 0; round < 100; round++) {
        int count = 0, group = 0;
        struct big big;
        long sum = 0;
        for (int i = 0; i < 100; i++)
            big.values[i] = i + round;
#pragma omp parallel
        {
#pragma omp master
            for (int i = 0; i < 100; i++) {
#pragma omp task firstprivate(big) shared(sum)
                {
                    long mine = 0;
                    for (int k = 0; k < 100; k++)
                        mine += big.values[k];
#pragma omp atomic
                    sum += mine;
                }
                big.values[i] += 0;
            }
        } /* the region's end waits for the tasks */
        CHECK(sum == 100 * (4950 + 100 * round), "firstprivate sum %ld", sum);

#pragma omp parallel
#pragma omp single nowait
        {
#pragma omp taskgroup
            {
#pragma omp task shared(group)
                depth_first(4, &group);
            }
            int seen;
#pragma omp atomic read
            seen = group;
            CHECK(seen == 121, "the group counted %d", seen);
            depth_first(4, &count);
#pragma omp taskyield
        }
        CHECK(count == 121, "count %d", count);

        int order = 0;
#pragma omp parallel
#pragma omp single
        {
            for (int i = 0; i < 20; i++) {
#pragma omp task shared(order) depend(inout : order)
                order = order * 3 + i;
            }
#pragma omp taskwait
            int want = 0;
            for (int i = 0; i < 20; i++)
                want = want * 3 + i;
            CHECK(order == want, "dependences gave %d, not %d", order, want);
        }

        /* All threads make tasks; children outlive their parents. */
        int all = 0;
#pragma omp parallel
        for (int i = 0; i < 20; i++)
#pragma omp task shared(all)
#pragma omp task shared(all)
#pragma omp task shared(all)
#pragma omp atomic
            all++;
        CHECK(all == 20 * omp_get_max_threads(), "all %d", all);
    }

    int finals = 0;
#pragma omp parallel
#pragma omp single
    {
#pragma omp task final(1) shared(finals)
        {
            CHECK(omp_in_final(), "not final");
#pragma omp task shared(finals)
            finals += omp_in_final();
            finals++;
        }
#pragma omp task if (0) shared(finals)
        finals++;
#pragma omp taskwait
    }
    CHECK(finals == 3, "%d", finals);
    return 0;
}
