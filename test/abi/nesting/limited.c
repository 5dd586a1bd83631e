/*
 * OMP_THREAD_LIMIT is for all threads under the initial one.
 * env: OMP_THREAD_LIMIT=5 OMP_MAX_ACTIVE_LEVELS=3
 */
#include "../check.h"

int main(void)
{
    int team = omp_get_max_threads(), most = team < 5 ? team : 5;

    CHECK(omp_get_thread_limit() == 5, "%d", omp_get_thread_limit());
    for (int round = 0; round < 50; round++) {
        int threads = 0;
#pragma omp parallel reduction(+ : threads)
        threads++;
        CHECK(threads == most, "%d of %d", threads, team);
        int now = 0, peak = 0;
#pragma omp parallel num_threads(2)
        {
#pragma omp parallel num_threads(4)
            {
                int seen;
#pragma omp atomic capture
                seen = ++now;
#pragma omp critical
                if (seen > peak)
                    peak = seen;
#pragma omp barrier
#pragma omp atomic
                now--;
            }
        }
        CHECK(peak >= 2 && peak <= 5, "%d threads at once", peak);
    }
    return 0;
}
