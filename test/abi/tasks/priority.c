/* ours only: GCC 12's libgomp crashes in in_a_team */
/* priority has no effect without OMP_MAX_TASK_PRIORITY. With it, priorities count. */
#include "../check.h"

enum { TASKS = 48, MOST = 10 };

static void in_order(void)
{
    int order[TASKS], n = 0, begun = 0;
#pragma omp parallel num_threads(1)
#pragma omp single
    {
        for (int i = 0; i < TASKS; i++)
#pragma omp task priority(i) shared(order, n) firstprivate(i)
            order[n++] = i;
        begun = n;
    }
    CHECK(n == TASKS, "%d tasks", n);
    CHECK(begun == 0, "%d tasks ran before there was a choice", begun);
    for (int i = 0; i < TASKS; i++) {
        bool high = order[i] >= MOST;
        CHECK(high == (i < TASKS - MOST), "task %d ran as number %d", order[i], i);
        CHECK(high || order[i] == TASKS - 1 - i, "task %d ran as number %d", order[i], i);
    }
}

/* Also with dependences, and where a member can only take descendants. */
static void in_a_team(void)
{
    int sum = 0, x = 0;
#pragma omp parallel
#pragma omp single
    {
        for (int i = 0; i < 2000; i++) {
#pragma omp task priority(i % 20) shared(sum) firstprivate(i)
            {
#pragma omp task priority(19 - i % 20) shared(sum)
#pragma omp atomic
                sum++;
#pragma omp taskwait
            }
#pragma omp task priority(i % 3) depend(inout : x) shared(x)
            x++;
        }
#pragma omp taskwait
        CHECK(sum == 2000 && x == 2000, "sum %d, x %d", sum, x);
    }
}

/* Nothing waits for the children of an initial task. */
static void in_an_initial_task(void)
{
    int x = 0;
#pragma omp task priority(1) shared(x)
    x = 1;
    CHECK(x == 1, "not run");
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        in_an_initial_task();
        CHECK(omp_get_max_task_priority() == MOST, "%d", omp_get_max_task_priority());
        in_order();
        in_a_team();
        return 0;
    }
    CHECK(omp_get_max_task_priority() == 0, "%d", omp_get_max_task_priority());
    in_a_team();
    setenv("OMP_MAX_TASK_PRIORITY", "10", 1);
    execl(argv[0], argv[0], "again", (char *)NULL);
    return 1;
}
