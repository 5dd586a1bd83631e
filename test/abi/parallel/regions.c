/* Regions: every thread once, clauses, reductions, thread-private data. */
#include "../check.h"

static int mine;
#pragma omp threadprivate(mine)

int main(void)
{
    int team = omp_get_max_threads();

    for (int round = 0; round < 2000; round++) {
        int hits[64] = {0}, sum = 0, first = round;
#pragma omp parallel reduction(+ : sum) firstprivate(first)
        {
            hits[omp_get_thread_num()]++;
            sum += first;
            CHECK(omp_get_num_threads() == team, "%d", omp_get_num_threads());
        }
        for (int i = 0; i < team; i++)
            CHECK(hits[i] == 1, "thread %d ran %d times in round %d", i, hits[i], round);
        CHECK(sum == team * round, "sum %d", sum);
    }
    for (int n = 1; n <= 9; n = n == 5 ? 1 + 8 : n + 1) {
        int threads = 0;
#pragma omp parallel num_threads(n) proc_bind(close)
#pragma omp atomic
        threads++;
        CHECK(threads == n, "num_threads(%d) gave %d", n, threads);
    }
    for (int on = 0; on < 2; on++) {
        int threads = 0;
#pragma omp parallel if (on)
#pragma omp atomic
        threads++;
        CHECK(threads == (on ? team : 1), "if(%d) gave %d", on, threads);
    }
    omp_set_dynamic(0);
    mine = 7;
#pragma omp parallel copyin(mine)
    {
        CHECK(mine == 7, "copyin gave %d", mine);
        mine = 100 + omp_get_thread_num();
    }
#pragma omp parallel
    CHECK(mine == 100 + omp_get_thread_num(), "threadprivate lost: %d", mine);
    return 0;
}
