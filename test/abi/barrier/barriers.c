/* No thread leaves a barrier before all have arrived, many times. */
#include "../check.h"

int main(void)
{
    enum { rounds = 3000 };
    static int arrived[rounds];
    int team = omp_get_max_threads();

#pragma omp parallel
    for (int r = 0; r < rounds; r++) {
#pragma omp atomic
        arrived[r]++;
#pragma omp barrier
        int seen;
#pragma omp atomic read
        seen = arrived[r];
        CHECK(seen == team, "%d of %d in round %d", seen, team, r);
    }

    /* Tasks created before a barrier are done behind it. */
    for (int r = 0; r < 200; r++) {
        int done = 0;
#pragma omp parallel
        {
            for (int k = 0; k < 10; k++)
#pragma omp task shared(done)
            {
#pragma omp task shared(done)
#pragma omp atomic
                done++;
#pragma omp atomic
                done++;
            }
#pragma omp barrier
            int seen;
#pragma omp atomic read
            seen = done;
            CHECK(seen == 20 * team, "%d tasks of %d", seen, 20 * team);
#pragma omp barrier
#pragma omp single
            done = 0;
        }
    }
    return 0;
}
