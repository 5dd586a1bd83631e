/* teams in target regions, and the combined constructs.
 * not by Clang: wants teams to be all of target
 */
#include "../check.h"

#define N 1000

/* Calls that must not stand in a teams construct itself. */
#pragma omp declare target
static void bump(int *n)
{
#pragma omp atomic
    ++*n;
}
static int level_and_limit(void) { return omp_get_level() * 1000 + omp_get_thread_limit(); }
#pragma omp end declare target

static void leagues(void)
{
    int teams = 0, last = -1, limit = 0, count = 0, size = 0;
#pragma omp target teams num_teams(4) thread_limit(2) map(tofrom: teams, last, limit, count, size)
    {
        CHECK(omp_get_team_num() >= 0 && omp_get_team_num() < omp_get_num_teams(), "team %d of %d",
              omp_get_team_num(), omp_get_num_teams());
        bump(&count);
        if (omp_get_team_num() == omp_get_num_teams() - 1) {
            teams = omp_get_num_teams();
            last = omp_get_team_num();
            limit = level_and_limit();
#pragma omp parallel num_threads(5)
#pragma omp single
            size = omp_get_num_threads();
        }
    }
    CHECK(count == teams && last == teams - 1 && teams >= 1 && teams <= 4, "%d of %d", count, teams);
    CHECK(limit == 2 && size <= 2, "level and limit %d size %d", limit, size);
    CHECK(omp_get_num_teams() == 1 && omp_get_team_num() == 0, "still in a league");
    CHECK(omp_get_thread_limit() > 2, "the limit stayed");
    /* In a team of a league of the host. */
    int inner = 0;
#pragma omp target map(tofrom: inner)
    {
        inner = omp_get_num_teams();
#pragma omp teams num_teams(1)
        inner += omp_get_num_teams();
    }
    CHECK(inner == 2, "teams %d", inner);
}

static void loops(int bound)
{
    int a[N];
    long sum = 0;
    int teams = 0;
    for (int i = 0; i < N; i++)
        a[i] = 0;
#pragma omp target teams distribute map(tofrom: a) num_teams(3)
    for (int i = 0; i < bound; i++)
        a[i]++;
#pragma omp target teams distribute dist_schedule(static, 7) map(tofrom: a)
    for (int i = bound - 1; i >= 0; i--)
        a[i]++;
#pragma omp target teams distribute simd map(tofrom: a)
    for (int i = 0; i < bound; i++)
        a[i]++;
#pragma omp target teams distribute parallel for map(tofrom: a) num_threads(3)
    for (int i = 0; i < bound; i++)
        a[i]++;
#pragma omp target teams distribute parallel for simd map(tofrom: a) reduction(+: sum) \
    schedule(dynamic, 3) thread_limit(4)
    for (int i = 0; i < bound; i++) {
        a[i]++;
        sum += i;
    }
#pragma omp target teams distribute parallel for collapse(2) map(tofrom: a) num_teams(2)
    for (int i = 0; i < bound; i += 10)
        for (int k = 0; k < 10; k++)
            a[i + k]++;
#pragma omp target teams loop map(tofrom: a)
    for (int i = 0; i < bound; i++)
        a[i]++;
#pragma omp target teams num_teams(2) map(tofrom: a, teams)
    {
        bump(&teams);
#pragma omp distribute parallel for
        for (int i = 0; i < bound; i++)
            a[i]++;
    }
    CHECK(teams == 1 || teams == 2, "teams %d", teams);
    int rounded = (bound + 9) / 10 * 10;
    for (int i = 0; i < N; i++) {
        int wanted = (i < bound) * 7 + (i < rounded);
        CHECK(a[i] == wanted, "bound %d: a[%d] is %d, not %d", bound, i, a[i], wanted);
    }
    CHECK(sum == (long)bound * (bound - 1) / 2, "sum %ld", sum);

    long total = 0;
    int smallest = INT_MAX, first = 5, last = -1;
#pragma omp target teams distribute parallel for reduction(+: total) reduction(min: smallest) \
    firstprivate(first) map(tofrom: total, smallest)
    for (int i = 0; i < bound; i++) {
        total += first;
        smallest = i + first < smallest ? i + first : smallest;
    }
    CHECK(total == 5L * bound && smallest == (bound ? 5 : INT_MAX), "%ld %d", total, smallest);
#pragma omp target parallel for lastprivate(last) map(from: last)
    for (int i = 0; i < bound; i++)
        last = i;
    CHECK(!bound || last == bound - 1, "last %d", last);
}

static void deferred(void)
{
    int a[N], done = 0;
    for (int i = 0; i < N; i++)
        a[i] = i;
#pragma omp parallel
#pragma omp single
    {
        for (int from = 0; from < N; from += 100)
#pragma omp target teams distribute parallel for nowait depend(in: done) map(tofrom: a) \
    firstprivate(from) num_threads(2)
            for (int i = from; i < from + 100; i++)
                a[i] *= 2;
#pragma omp target nowait depend(out: done) map(to: a) map(tofrom: done)
        for (int i = 0; i < N; i++)
            done += a[i] == 2 * i;
#pragma omp taskwait
    }
    CHECK(done == N, "%d were done before", done);
}

int main(void)
{
    const int bounds[] = {0, 10, 70, 990, N};
    for (int round = 0; round < 5; round++) {
        leagues();
        for (int i = 0; i < 5; i++)
            loops(bounds[i]);
        deferred();
    }
    return 0;
}
