/* teams in target, on the host, also from several threads at once.
 * not by Clang: runs teams in target without a league
 */
#include "../check.h"

/* In functions, since the compiler lets no other call stand in teams. */
static int limit(void)
{
    return omp_get_thread_limit();
}
static int level(void)
{
    return omp_get_level();
}

int main(void)
{
    int sum = 0;

    for (int round = 0; round < 20; round++) {
#pragma omp parallel
        {
            int me = omp_get_thread_num(), seen = 0;
#pragma omp target teams num_teams(3) thread_limit(2) map(tofrom : seen)
            {
                int threads = 0;
                CHECK(omp_get_num_teams() == 3 && limit() == 2 && level() == 0, "%d, %d, %d",
                      omp_get_num_teams(), limit(), level());
                seen += 1 << omp_get_team_num();
#pragma omp parallel num_threads(4) reduction(+ : threads)
                threads++;
                CHECK(threads == 2, "%d threads", threads);
            }
            CHECK(seen == 7, "teams %x", seen);
            CHECK(omp_get_num_teams() == 1 && omp_get_thread_num() == me && level() == 1,
                  "%d, %d, %d", omp_get_num_teams(), omp_get_thread_num(), level());
        }
    }
#pragma omp target teams distribute parallel for map(tofrom : sum) reduction(+ : sum)        \
    num_teams(4)
    for (int i = 0; i < 100; i++)
        sum += i;
    CHECK(sum == 4950, "%d", sum);
    CHECK(omp_get_thread_limit() == INT_MAX, "%d", omp_get_thread_limit());
    return 0;
}
