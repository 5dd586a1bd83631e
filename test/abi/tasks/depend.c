/* The depend clause as GCC writes it: kinds, iterators, objects, taskwait. */
#include "../check.h"

/* Each kind between two writers. */
static void kinds(void)
{
    for (int round = 0; round < 50; round++) {
        int x = 0, readers = 0, adders = 0;
#pragma omp task depend(out : x) shared(x)
        {
            usleep(round % 5 * 20);
            x = 1;
        }
        for (int i = 0; i < 4; i++)
#pragma omp task depend(in : x) shared(x, readers)
        {
            CHECK(x == 1, "a reader found %d", x);
#pragma omp atomic
            readers++;
        }
        for (int i = 0; i < 4; i++)
#pragma omp task depend(mutexinoutset : x) shared(x, readers, adders)
        {
            CHECK(readers == 4, "%d readers", readers);
            int before = adders;
            x++;
            adders = before + 1;
        }
#pragma omp task depend(inout : x) shared(x, adders)
        {
            CHECK(adders == 4 && x == 5, "%d adders, x %d", adders, x);
            x = 6;
        }
#pragma omp taskwait depend(in : x)
        CHECK(x == 6, "x %d", x);
#pragma omp taskwait
    }
}

/* Readers run at the same time. */
static void together(void)
{
    if (omp_get_num_threads() < 2)
        return;
    int x = 0, here = 0;
    for (int i = 0; i < 2; i++)
#pragma omp task depend(in : x) shared(here)
    {
        __atomic_add_fetch(&here, 1, __ATOMIC_SEQ_CST);
        while (__atomic_load_n(&here, __ATOMIC_SEQ_CST) < 2)
            usleep(10);
    }
#pragma omp taskwait
    CHECK(here == 2 && x == 0, "%d", here);
}

/* iterator: as many items as it says, also none. */
static void iterators(int n)
{
    int cells[32] = {0}, sum = 0;
    for (int i = 0; i < n; i++)
#pragma omp task depend(out : cells[i]) shared(cells) firstprivate(i)
    {
        usleep(i % 3 * 10);
        cells[i] = i + 1;
    }
#pragma omp task depend(iterator(i = 0 : n), in : cells[i]) shared(cells, sum)
    for (int i = 0; i < n; i++)
        sum += cells[i];
#pragma omp taskwait depend(iterator(i = 0 : n), inout : cells[i])
    CHECK(sum == n * (n + 1) / 2, "sum %d of %d", sum, n);
#pragma omp taskwait
}

/* depobj: made, changed, destroyed. */
static void objects(void)
{
    int x = 0, y = 0;
    omp_depend_t object;
#pragma omp depobj(object) depend(out : x)
#pragma omp task depend(depobj : object) shared(x)
    {
        usleep(100);
        x = 1;
    }
#pragma omp depobj(object) update(in)
    for (int i = 0; i < 3; i++)
#pragma omp task depend(depobj : object) depend(mutexinoutset : y) shared(x, y)
    {
        CHECK(x == 1, "x %d", x);
        y++;
    }
#pragma omp depobj(object) update(mutexinoutset)
#pragma omp task depend(depobj : object) shared(x, y)
    {
        CHECK(y == 3, "y %d", y);
        x = 2;
    }
#pragma omp depobj(object) update(inout)
#pragma omp taskwait depend(depobj : object)
    CHECK(x == 2, "x %d", x);
#pragma omp depobj(object) destroy
#pragma omp taskwait
}

/* The same storage twice, in several kinds. */
static void twice(void)
{
    int x = 0;
    for (int i = 0; i < 20; i++)
#pragma omp task depend(in : x) depend(inout : x) depend(in : x) shared(x) firstprivate(i)
    {
        CHECK(x == i, "x %d, not %d", x, i);
        x++;
    }
#pragma omp taskwait
    CHECK(x == 20, "x %d", x);
}

/* Siblings only: a child's storage is not its uncle's. */
static void siblings(void)
{
    int x = 0, uncle = 0;
#pragma omp task depend(out : x) shared(x, uncle)
    {
#pragma omp task depend(inout : x) shared(x)
        x = 1; /* would wait for its own parent */
#pragma omp taskwait
        CHECK(x == 1, "x %d", x);
        uncle = 1;
    }
#pragma omp task depend(in : x) shared(x, uncle)
    CHECK(uncle == 1 && x == 1, "x %d", x);
#pragma omp taskwait
}

/* Undeferred, final and included tasks keep the order. */
static void undeferred(void)
{
    for (int round = 0; round < 20; round++) {
        int x = 0, other = 0;
#pragma omp task depend(out : x) shared(x)
        {
            usleep(50);
            x = 1;
        }
#pragma omp task shared(other)
        {
            usleep(10);
#pragma omp atomic
            other++;
        }
#pragma omp task if (0) depend(inout : x) shared(x)
        {
            CHECK(x == 1, "x %d", x);
            x = 2;
        }
        CHECK(x == 2, "an undeferred task was deferred");
#pragma omp task final(1) depend(inout : x) shared(x)
        {
            CHECK(x == 2 && omp_in_final(), "x %d", x);
#pragma omp task depend(inout : x) shared(x)
            {
                CHECK(omp_in_final(), "not final");
                x = 3;
            }
            CHECK(x == 3, "an included task was deferred");
        }
#pragma omp task depend(inout : x) shared(x) untied mergeable
        {
            CHECK(x == 3, "x %d", x);
            x = 4;
        }
#pragma omp taskwait
        CHECK(x == 4 && other == 1, "x %d", x);
    }
}

/* A wave over a grid: each cell after its neighbours. */
enum { SIDE = 24 };

static void wave(void)
{
    static int grid[SIDE + 1][SIDE + 1];
    memset(grid, 0, sizeof grid);
    grid[0][1] = 1;
    for (int i = 1; i <= SIDE; i++)
        for (int j = 1; j <= SIDE; j++)
#pragma omp task depend(in : grid[i - 1][j], grid[i][j - 1]) depend(out : grid[i][j]) \
    firstprivate(i, j)
            grid[i][j] = (grid[i - 1][j] + grid[i][j - 1]) % 1000003;
#pragma omp taskwait
    static int same[SIDE + 1][SIDE + 1];
    same[0][1] = 1;
    for (int i = 1; i <= SIDE; i++)
        for (int j = 1; j <= SIDE; j++)
            same[i][j] = (same[i - 1][j] + same[i][j - 1]) % 1000003;
    CHECK(memcmp(grid, same, sizeof grid) == 0, "the wave differs");
}

static void all(void)
{
    kinds();
    together();
    for (int n = 0; n <= 32; n += 8)
        iterators(n);
    objects();
    twice();
    siblings();
    undeferred();
    wave();
}

int main(void)
{
    all();
#pragma omp parallel
#pragma omp single
    {
        all();
        for (int i = 0; i < 3; i++)
#pragma omp task
        {
            kinds();
            undeferred();
        }
    }
#pragma omp parallel num_threads(2)
    {
        omp_set_max_active_levels(2);
#pragma omp parallel num_threads(2)
#pragma omp single
        kinds();
#pragma omp parallel num_threads(1)
        undeferred();
    }
    return 0;
}
