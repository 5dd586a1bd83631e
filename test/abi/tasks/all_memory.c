/* ours only: GCC 12 has no omp_all_memory, inoutset and taskwait nowait */
/* What newer compilers pass: null addresses, inoutset objects, and
   GOMP_taskwait_depend_nowait. */
#include "../check.h"

void GOMP_task(void (*)(void *), void *, void (*)(void *, void *), long, long, bool, unsigned,
               void **, int, void *);
void GOMP_taskwait_depend(void **);
#pragma weak GOMP_taskwait_depend_nowait
void GOMP_taskwait_depend_nowait(void **);

enum { DEPEND = 8 };

static int x, y, z, wide;

static void slowly_set(void *data)
{
    int *cell = *(int **)data;
    usleep(100);
    *cell = 1;
}

static void set_all(void *data)
{
    (void)data;
    CHECK(x == 1 && y == 1 && z == 0, "x %d, y %d, z %d", x, y, z);
    usleep(100);
    x = y = z = 2;
}

static void after_all(void *data)
{
    int *cell = *(int **)data;
    CHECK(*cell == 2, "found %d", *cell);
    usleep(50);
    *cell = 3;
}

static void member(void *data)
{
    (void)data;
    CHECK(z == 3, "z %d", z);
    __atomic_add_fetch(&wide, 1, __ATOMIC_SEQ_CST);
}

static void after_members(void *data)
{
    (void)data;
    CHECK(wide == 3, "%d members", wide);
    x = 4;
}

static void task(void (*body)(void *), int *cell, void **depend, bool deferrable)
{
    GOMP_task(body, &cell, NULL, sizeof cell, sizeof cell, deferrable, DEPEND, depend, 0, NULL);
}

static void round_of_all(bool deferrable)
{
    x = y = z = wide = 0;
    void *of_x[] = {(void *)1, (void *)1, &x};
    void *of_y[] = {0, (void *)1, 0, (void *)1, 0, &y};
    void *all[] = {(void *)1, (void *)1, NULL};
    void *in_z[] = {(void *)1, 0, &z};
    uintptr_t object[] = {(uintptr_t)&wide, 5};
    void *in_set[] = {0, (void *)2, 0, 0, (void *)1, &z, object};
    void *both[] = {(void *)2, (void *)1, &z, &x};
    void *of_wide[] = {(void *)1, (void *)1, &wide};
    task(slowly_set, &x, of_x, true);
    task(slowly_set, &y, of_y, true);
    task(set_all, NULL, all, deferrable);
    task(after_all, &z, in_z, true);
    task(after_all, &y, of_y, true);
    GOMP_taskwait_depend_nowait(both);
    for (int i = 0; i < 3; i++)
        task(member, NULL, in_set, true);
    task(after_members, NULL, of_wide, true);
    GOMP_taskwait_depend(all);
    CHECK(x == 4 && y == 3 && z == 3 && wide == 3, "%d %d %d %d", x, y, z, wide);
#pragma omp taskwait
}

int main(void)
{
    for (int round = 0; round < 60; round++)
#pragma omp parallel num_threads(round < 10 ? 1 : omp_get_max_threads())
#pragma omp single
        round_of_all(round % 2);
    round_of_all(true);
    return 0;
}
