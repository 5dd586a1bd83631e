/* ours only
 * sizes: 2 3 8
 * One thread meets loops that the others do not meet, which no program may do. The next
 * regions work all the same. They also work after a thread that asked for chunks again
 * and again in a loop that had ended.
 */
#include "../check.h"

bool GOMP_loop_nonmonotonic_dynamic_next(long *, long *);

static void loop(int *times, int n)
{
#pragma omp for schedule(dynamic) nowait
    for (int i = 0; i < n; i++)
#pragma omp atomic
        times[i]++;
}

int main(void)
{
    enum { N = 100 };

    for (int round = 0; round < 50; round++) {
        int ignored[N] = {0}, first[N] = {0}, second[N] = {0};

#pragma omp parallel
        if (omp_get_thread_num() == omp_get_num_threads() - 1)
            for (int i = 0; i < 1 + round % 6; i++)
                loop(ignored, N);
#pragma omp parallel
        {
            loop(first, N);
            for (int i = 0; i < 100; i++) {
                long from, to;
                CHECK(!GOMP_loop_nonmonotonic_dynamic_next(&from, &to), "%ld", from);
            }
            loop(second, N);
        }
        for (int i = 0; i < N; i++)
            CHECK(first[i] == 1 && second[i] == 1, "round %d: %d, %d times", round, first[i], second[i]);
    }
    return 0;
}
