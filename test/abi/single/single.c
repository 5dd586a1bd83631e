/* single: once each, also when threads are many constructs apart; copyprivate.
 * not by Clang before 22: has no scope with reductions
 */
#include "../check.h"

int main(void)
{
    enum { rounds = 3000 };
    static int ran[rounds];
    int ready = 0;

#pragma omp parallel
    {
        int num = omp_get_thread_num(), size = omp_get_num_threads();
        /* The last thread waits until the others are through all of them. */
        if (num == size - 1 && size > 1) {
            int seen;
            do {
#pragma omp atomic read
                seen = ready;
            } while (seen < size - 1);
        }
        for (int r = 0; r < rounds; r++)
#pragma omp single nowait
#pragma omp atomic
            ran[r]++;
#pragma omp atomic
        ready++;
    }
    for (int r = 0; r < rounds; r++)
        CHECK(ran[r] == 1, "single %d ran %d times", r, ran[r]);

#pragma omp parallel
    for (int r = 0; r < 500; r++) {
        int x = -1, who = -1;
#pragma omp single copyprivate(x, who)
        {
            x = r * 3;
            who = omp_get_thread_num();
        }
        CHECK(x == r * 3 && who >= 0, "copyprivate gave %d, %d in round %d", x, who, r);
    }

    int once = 0;
#pragma omp parallel
    {
#pragma omp master
#pragma omp atomic
        once++;
#pragma omp masked
#pragma omp atomic
        once++;
#pragma omp scope
        {
#pragma omp atomic
            once++;
        }
    }
    CHECK(once == 2 + omp_get_max_threads(), "%d", once);
    return 0;
}
