/* Real nested teams: levels, ancestors, sizes; serialised beyond the limit. */
#include "../check.h"

int main(void)
{
    int team = omp_get_max_threads() > 4 ? 4 : omp_get_max_threads();
    omp_set_max_active_levels(3);
    for (int round = 0; round < 20; round++) {
        int leaves = 0;
#pragma omp parallel num_threads(team)
        {
            int a = omp_get_thread_num();
#pragma omp parallel num_threads(2)
            {
                int b = omp_get_thread_num();
#pragma omp parallel num_threads(2)
                {
                    int c = omp_get_thread_num();
                    CHECK(omp_get_level() == 3, "level %d", omp_get_level());
                    CHECK(omp_get_active_level() == 2 + (team > 1), "active level");
                    CHECK(omp_get_ancestor_thread_num(0) == 0 && omp_get_ancestor_thread_num(1) == a &&
                              omp_get_ancestor_thread_num(2) == b && omp_get_ancestor_thread_num(3) == c,
                          "ancestors");
                    CHECK(omp_get_team_size(0) == 1 && omp_get_team_size(1) == team &&
                              omp_get_team_size(2) == 2 && omp_get_team_size(3) == 2,
                          "sizes");
                    CHECK(omp_get_ancestor_thread_num(4) == -1 && omp_get_team_size(-1) == -1, "no such level");
#pragma omp atomic
                    leaves++;
#pragma omp barrier
                    int inner = 0;
#pragma omp parallel num_threads(4) reduction(+ : inner)
                    inner++;
                    CHECK(inner == (team > 1 ? 1 : 4), "beyond the limit: %d", inner);
                }
            }
        }
        CHECK(leaves == 4 * team, "%d", leaves);
    }
    omp_set_max_active_levels(1);
    int inner = 0;
#pragma omp parallel num_threads(2)
#pragma omp parallel num_threads(4)
#pragma omp atomic
    inner++;
    CHECK(inner == 2, "%d", inner);
    return 0;
}
