/* ours only: no libgomp has these entries yet.
 * not by Clang: the entries are those of GCC 17.
 * What GCC 17 calls for static loops, distribute, masked and single: each entry by its
 * prototype, and loops written out as the compiler does. */
#include "../check.h"

#define IS(condition) CHECK(condition, "wrong")

typedef unsigned long long ull;
_Complex int GOMP_loop_static_worksharing(ull);
_Complex int GOMP_loop_static_worksharing_start(ull);
void GOMP_loop_static_worksharing_dispatch(ull, ull);
void GOMP_loop_static_worksharing_end(void);
_Complex int GOMP_distribute_static_worksharing(ull);
_Complex int GOMP_distribute_static_worksharing_start(ull);
void GOMP_distribute_static_worksharing_dispatch(ull, ull);
void GOMP_distribute_static_worksharing_end(void);
bool GOMP_has_masked_thread_num(int);
bool GOMP_has_masked_thread_num_with_end(int);
void GOMP_masked_end(void);
bool GOMP_single_start_with_end(void);
void GOMP_single_end(void);
int omp_get_num_teams_dim(int), omp_get_team_num_dim(int);
int omp_get_num_threads_dim(int), omp_get_thread_num_dim(int), omp_get_thread_limit_dim(int);
int omp_get_supported_active_league_dims(int, bool), omp_get_supported_active_team_dims(int, bool);
int omp_get_supported_teams_dim(int, int), omp_get_supported_threads_dim(int, int);
int omp_get_num_teams_dim_(const int *), omp_get_thread_num_dim_8_(const int64_t *);

enum { N = 1000 };
static int hits[N];

/* A block for each, as a static loop without chunks is dealt out. */
static void block(int num, int size, int *from, int *to)
{
    int each = N / size, more = N % size;
    *from = num * each + (num < more ? num : more);
    *to = *from + each + (num < more);
}

static void loops(void)
{
    memset(hits, 0, sizeof hits);
#pragma omp parallel
    {
        _Complex int share = GOMP_loop_static_worksharing(N);
        IS(__real__ share == omp_get_num_threads());
        IS(__imag__ share == omp_get_thread_num());
        int from, to;
        block(__imag__ share, __real__ share, &from, &to);
        for (int i = from; i < to; i++)
            hits[i]++;
#pragma omp barrier
        share = GOMP_loop_static_worksharing_start(N);
        block(__imag__ share, __real__ share, &from, &to);
        GOMP_loop_static_worksharing_dispatch(from, to - from);
        for (int i = from; i < to; i++)
            hits[i]++;
        GOMP_loop_static_worksharing_end();
    }
    for (int i = 0; i < N; i++)
        IS(hits[i] == 2);
}

static void leagues(int teams)
{
    memset(hits, 0, sizeof hits);
    int met = 0;
#pragma omp teams num_teams(teams) shared(met)
    {
        _Complex int share = GOMP_distribute_static_worksharing(N);
        IS(__real__ share == omp_get_num_teams() && __imag__ share == omp_get_team_num());
        IS(omp_get_num_teams_dim(0) == omp_get_num_teams() && omp_get_num_teams_dim(1) == 1);
        IS(omp_get_team_num_dim(0) == omp_get_team_num() && omp_get_team_num_dim(1) == 0);
        int from, to, all = 0;
        IS(omp_get_num_teams_dim_(&all) == omp_get_num_teams());
        share = GOMP_distribute_static_worksharing_start(N);
        block(__imag__ share, __real__ share, &from, &to);
        GOMP_distribute_static_worksharing_dispatch(from, to - from);
        for (int i = from; i < to; i++)
            __atomic_add_fetch(&hits[i], 1, __ATOMIC_RELAXED);
        GOMP_distribute_static_worksharing_end();
        __atomic_add_fetch(&met, 1, __ATOMIC_RELAXED);
    }
    IS(met == teams);
    for (int i = 0; i < N; i++)
        IS(hits[i] == 1);
}

static void blocks(void)
{
    int masked = 0, last = 0, none = 0, single = 0;
#pragma omp parallel
    {
        int size = omp_get_num_threads();
        if (GOMP_has_masked_thread_num(0))
            masked++;
        if (GOMP_has_masked_thread_num_with_end(size - 1)) {
            last++;
            GOMP_masked_end();
        }
        if (GOMP_has_masked_thread_num(size) || GOMP_has_masked_thread_num(-1)) {
#pragma omp atomic
            none++;
        }
        for (int i = 0; i < 100; i++) {
            if (GOMP_single_start_with_end()) {
                single++;
                GOMP_single_end();
            }
#pragma omp barrier
        }
        int64_t other = 1;
        IS(omp_get_num_threads_dim(0) == size && omp_get_num_threads_dim(1) == 1);
        IS(omp_get_thread_num_dim(0) == omp_get_thread_num());
        IS(omp_get_thread_num_dim(1) == 0 && omp_get_thread_num_dim_8_(&other) == 0);
        IS(omp_get_thread_limit_dim(0) == omp_get_thread_limit());
        IS(omp_get_thread_limit_dim(-1) == 1);
    }
    IS(masked == 1 && last == 1 && none == 0 && single == 100);
}

int main(void)
{
    _Complex int outside = GOMP_loop_static_worksharing(N);
    IS(__real__ outside == 1 && __imag__ outside == 0);
    IS(GOMP_has_masked_thread_num(0) && !GOMP_has_masked_thread_num(1));
    loops();
    leagues(5);
    blocks();
    IS(omp_get_supported_active_league_dims(omp_get_initial_device(), false) == 1);
    IS(omp_get_supported_active_team_dims(omp_get_initial_device(), true) == 1);
    IS(omp_get_supported_teams_dim(omp_get_initial_device(), 0) > 1);
    IS(omp_get_supported_threads_dim(omp_get_initial_device(), 1) == 1);
    return 0;
}
