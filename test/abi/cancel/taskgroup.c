/*
 * cancel taskgroup: tasks of the group that have not begun do not run.
 * env: OMP_CANCELLATION=true
 * not by Clang: its code executes an undeferred task in a cancelled group
 */
#include "../check.h"

static int ended;

/* The first task cancels; tasks created later never run. */
static void later_tasks(void)
{
    int after = 0;
#pragma omp taskgroup
    {
#pragma omp task
        {
#pragma omp cancel taskgroup
            CHECK(0, "it goes on");
        }
#pragma omp taskwait
        for (int i = 0; i < 50; i++)
#pragma omp task shared(after)
#pragma omp atomic
            after++;
#pragma omp task shared(after) if (0)
#pragma omp atomic
        after++;
    }
    CHECK(after == 0, "%d ran", after);
    /* The group is closed; the next one is not cancelled. */
#pragma omp taskgroup
    for (int i = 0; i < 50; i++)
#pragma omp task shared(after)
#pragma omp atomic
        after++;
    CHECK(after == 50, "%d ran", after);
}

/* A search: the task that finds the value cancels the others. */
static void search(int n)
{
    int begun = 0, done = 0;
#pragma omp taskgroup
    for (int i = 0; i < 200; i++)
#pragma omp task shared(begun, done) firstprivate(i)
    {
#pragma omp atomic
        begun++;
        if (i == n) {
#pragma omp cancel taskgroup
        }
        if (i % 16 == 15)
            usleep(1);
#pragma omp cancellation point taskgroup
#pragma omp atomic
        done++;
    }
    CHECK(done < begun && begun <= 200, "%d %d", done, begun);
}

/* Descendants without a group of their own belong to the group. */
static void descendants(void)
{
    int begun = 0, cancelled = 0;
#pragma omp taskgroup
    for (int i = 0; i < 4; i++)
#pragma omp task shared(begun, cancelled)
    {
        for (int j = 0; j < 20; j++)
#pragma omp task shared(begun, cancelled) firstprivate(j)
        {
#pragma omp atomic
            begun++;
            if (j == 10) {
#pragma omp atomic write
                cancelled = 1;
#pragma omp cancel taskgroup
            }
        }
#pragma omp taskwait
        int over;
#pragma omp atomic read
        over = cancelled;
        if (over) {
#pragma omp cancellation point taskgroup
            CHECK(0, "the parent goes on");
        }
    }
    CHECK(begun >= 1 && cancelled, "%d %d", begun, cancelled);
}

/* Only the innermost group: the outer one's tasks all run. */
static void groups(void)
{
    int outer = 0, inner = 0;
#pragma omp taskgroup
    {
        for (int i = 0; i < 10; i++)
#pragma omp task shared(outer, inner)
        {
#pragma omp taskgroup
            for (int j = 0; j < 3; j++)
#pragma omp task shared(inner) firstprivate(j)
            {
#pragma omp cancel taskgroup if (j == 0)
#pragma omp atomic
                inner++;
            }
#pragma omp cancellation point taskgroup
#pragma omp atomic
            outer++;
        }
    }
    CHECK(outer == 10 && inner <= 20, "%d %d", outer, inner);
}

/* Also for a taskloop's tasks; only its own group is cancelled. */
static void loops(void)
{
    int begun = 0, outer = 0, late = 0;
#pragma omp taskgroup
    {
#pragma omp taskloop num_tasks(50) shared(begun)
        for (int i = 0; i < 100; i++) {
#pragma omp atomic
            begun++;
#pragma omp cancel taskgroup if (i % 2 == 0)
            CHECK(i % 2 == 0, "%d: its task was cancelled before it", i);
            usleep(1);
        }
        CHECK(begun >= 1 && begun <= 50, "%d", begun);
#pragma omp taskloop grainsize(7) shared(outer)
        for (int i = 0; i < 100; i++) {
#pragma omp cancellation point taskgroup
#pragma omp atomic
            outer++;
        }
        CHECK(outer == 100, "%d", outer);
#pragma omp task
        {
#pragma omp cancel taskgroup
        }
#pragma omp taskwait
#pragma omp taskloop nogroup shared(late)
        for (int i = 0; i < 100; i++)
#pragma omp atomic
            late++;
    }
    CHECK(late == 0, "%d", late);
}

/* Tasks that depend on a discarded task do not run, and nothing hangs. */
static void dependent(void)
{
    int x = 0, after = 0;
#pragma omp taskgroup
    {
#pragma omp task shared(x) depend(out : x)
        {
            usleep(100);
            x = 1;
#pragma omp cancel taskgroup
        }
#pragma omp task shared(x, after) depend(inout : x)
#pragma omp atomic
        after++;
#pragma omp task shared(x, after) depend(in : x)
#pragma omp atomic
        after++;
    }
    CHECK(x == 1 && after == 0, "%d %d", x, after);
#pragma omp task shared(x) depend(inout : x)
    x++;
#pragma omp task shared(x) depend(inout : x)
    x++;
#pragma omp taskwait
    CHECK(x == 3, "%d", x);
}

int main(void)
{
    for (int round = 0; round < 30; round++) {
#pragma omp parallel
        {
#pragma omp single
            {
                later_tasks();
                search(round * 7 % 200);
                groups();
                loops();
                dependent();
                descendants();
            }
            /* Each thread a group of its own. */
            int mine = 0;
#pragma omp taskgroup
            for (int i = 0; i < 20; i++)
#pragma omp task shared(mine) firstprivate(i)
            {
#pragma omp atomic
                mine++;
#pragma omp cancel taskgroup if (i == 10)
            }
            CHECK(mine >= 1 && mine <= 20, "%d", mine);
#pragma omp task
#pragma omp atomic
            ended++;
        }
    }
    CHECK(ended == 30 * omp_get_max_threads(), "%d", ended);
    return 0;
}
