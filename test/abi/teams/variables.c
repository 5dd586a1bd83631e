/*
 * OMP_NUM_TEAMS and OMP_TEAMS_THREAD_LIMIT.
 * env: OMP_NUM_TEAMS=6 OMP_TEAMS_THREAD_LIMIT=3
 */
#include "../check.h"

int main(void)
{
    int count = 0;

    CHECK(omp_get_max_teams() == 6 && omp_get_teams_thread_limit() == 3, "%d %d",
          omp_get_max_teams(), omp_get_teams_thread_limit());
#pragma omp teams reduction(+ : count)
    {
#pragma omp parallel
        CHECK(omp_get_num_threads() <= 3 && omp_get_thread_limit() == 3, "%d of %d",
              omp_get_num_threads(), omp_get_thread_limit());
        count++;
    }
    CHECK(count == 6, "%d", count);
    return 0;
}
