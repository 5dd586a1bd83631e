/* teams on the host: leagues, thread limits, and the state after them.
 * not by Clang: has no num_teams with a lower bound
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

static void league(int size, int threads)
{
    int team = omp_get_max_threads(), seen = 0;
#pragma omp teams num_teams(size) thread_limit(threads) reduction(+ : seen)
    {
        CHECK(omp_get_num_teams() == size, "%d of %d", omp_get_num_teams(), size);
        CHECK(limit() == threads && level() == 0, "%d, level %d", limit(), level());
        int num = omp_get_team_num(), count = 0;
        seen += 1 << num;
#pragma omp parallel reduction(+ : count)
        {
            count++;
            CHECK(omp_get_team_num() == num && omp_get_num_teams() == size,
                  "team %d of %d in a region of %d", omp_get_team_num(), omp_get_num_teams(),
                  num);
            CHECK(limit() == threads, "%d", limit());
        }
        CHECK(count == (team < threads ? team : threads), "%d threads", count);
#pragma omp parallel num_threads(40) reduction(+ : count)
        count++;
        CHECK(count <= 2 * threads, "%d threads", count);
    }
    CHECK(seen == (1 << size) - 1, "teams %x", seen);
    CHECK(omp_get_num_teams() == 1 && omp_get_team_num() == 0, "%d", omp_get_num_teams());
    CHECK(omp_get_thread_limit() == INT_MAX, "%d", omp_get_thread_limit());
}

static void distributed(int size)
{
    int hits[100] = {0}, sum = 0;
#pragma omp teams distribute parallel for num_teams(size) reduction(+ : sum)
    for (int i = 0; i < 100; i++) {
        hits[i]++;
        sum += i;
    }
    CHECK(sum == 4950, "%d", sum);
#pragma omp teams distribute num_teams(size) dist_schedule(static, 3)
    for (int i = 99; i >= 0; i--)
        hits[i]++;
#pragma omp teams num_teams(size)
    {
        int from = omp_get_team_num(), step = omp_get_num_teams();
#pragma omp parallel for collapse(2)
        for (int i = from; i < 10; i += step)
            for (int j = 0; j < 10; j++)
                hits[10 * i + j]++;
    }
    for (int i = 0; i < 100; i++)
        CHECK(hits[i] == 3, "iteration %d ran %d times", i, hits[i]);
}

/* The defaults of teams without clauses. */
static void settings(void)
{
    int count = 0;

    CHECK(omp_get_max_teams() == 0 && omp_get_teams_thread_limit() == 0, "%d %d",
          omp_get_max_teams(), omp_get_teams_thread_limit());
#pragma omp teams reduction(+ : count)
    count++;
    CHECK(count == 3, "%d teams", count);
    omp_set_num_teams(5);
    omp_set_teams_thread_limit(2);
    omp_set_num_teams(-1);
    omp_set_teams_thread_limit(-1);
    CHECK(omp_get_max_teams() == 5 && omp_get_teams_thread_limit() == 2, "%d %d",
          omp_get_max_teams(), omp_get_teams_thread_limit());
    count = 0;
#pragma omp teams reduction(+ : count)
    {
        CHECK(limit() == 2, "%d", limit());
#pragma omp parallel
        CHECK(omp_get_num_threads() <= 2, "%d", omp_get_num_threads());
        count++;
    }
    CHECK(count == 5, "%d teams", count);
    count = 0;
#pragma omp teams num_teams(1 : 4) thread_limit(7) reduction(+ : count)
    {
        CHECK(limit() == 7, "%d", limit());
        count++;
    }
    CHECK(count >= 1 && count <= 4, "%d teams", count);
    omp_set_num_teams(0);
    omp_set_teams_thread_limit(0);
}

bool GOMP_teams4(unsigned, unsigned, unsigned, bool);
void GOMP_teams(unsigned, unsigned);

/* What the compiler writes for teams in target. */
static void entries(void)
{
    int teams = 0;

    for (bool first = true; GOMP_teams4(3, 5, 0, first); first = false) {
        CHECK(omp_get_num_teams() == 3 && omp_get_team_num() == teams, "%d of %d",
              omp_get_team_num(), omp_get_num_teams());
        teams++;
    }
    CHECK(teams == 3, "%d", teams);
    for (bool first = true; GOMP_teams4(0, 5, 4, first); first = false)
        teams++;
    CHECK(teams == 4 && omp_get_num_teams() == 1, "%d, %d", teams, omp_get_num_teams());
    CHECK(omp_get_thread_limit() == 4, "%d", omp_get_thread_limit());
    GOMP_teams(7, 9);
    CHECK(omp_get_thread_limit() == 9, "%d", omp_get_thread_limit());
    CHECK(omp_get_num_teams() == 1, "%d", omp_get_num_teams());
}

int main(void)
{
    for (int size = 1; size <= 7; size++) {
        league(size, size);
        distributed(size);
    }
    settings();
    entries();
    return 0;
}
