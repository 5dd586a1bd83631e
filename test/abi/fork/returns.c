/* ours only: libgomp hangs in the child.
 * A child is forked in the middle of a construct. It reaches the end of the construct,
 * of the region, and of main or of the worker. It is in its own initial team, and never
 * waits for threads of the parent.
 * unwatched: what regions of the parent used is nobody's in the child
 * not by Clang: asks for the level once, before the fork
 */
#include "child.h"

static int team, came_back;

static void here(int num)
{
    if (omp_get_thread_num() != num)
        return;
    pid_t pid = forked();
    if (pid > 0) {
        reap(pid);
        return;
    }
    came_back = 1;
    CHECK(omp_get_level() == 0 && omp_get_num_threads() == 1, "level %d", omp_get_level());
    everything(team);
}

static void end_of_child(void)
{
    if (!came_back)
        return;
    everything(team);
    _exit(0);
}

static void constructs(int num)
{
    int sum = 0, x = 0;
#pragma omp parallel num_threads(team)
    {
#pragma omp for schedule(dynamic)
        for (int i = 0; i < 40; i++)
            if (i == 20 || i == 21)
                here(num);
    }
    end_of_child();
#pragma omp parallel for num_threads(team) schedule(guided, 2) reduction(+ : sum)
    for (int i = 0; i < 40; i++) {
        if (i == 39)
            here(omp_get_thread_num());
        sum += i;
    }
    end_of_child();
    CHECK(sum == 780, "%d", sum);
#pragma omp parallel num_threads(team)
    {
#pragma omp for ordered schedule(dynamic, 1)
        for (int i = 0; i < 8; i++)
#pragma omp ordered
            if (i == 4)
                here(omp_get_thread_num());
    }
    end_of_child();
#pragma omp parallel num_threads(team)
    {
#pragma omp for ordered(1)
        for (int i = 0; i < 20; i++) {
#pragma omp ordered depend(sink : i - 1)
            if (i == 7)
                here(omp_get_thread_num());
#pragma omp ordered depend(source)
        }
    }
    end_of_child();
#pragma omp parallel num_threads(team)
    {
#pragma omp sections
        {
#pragma omp section
            x = 1;
#pragma omp section
            here(omp_get_thread_num());
#pragma omp section
            x = 2;
        }
    }
    end_of_child();
#pragma omp parallel num_threads(team)
    {
        int got = 0;
#pragma omp single copyprivate(got)
        {
            got = 3;
            here(omp_get_thread_num());
        }
        CHECK(got == 3, "%d", got);
#pragma omp single
        here(omp_get_thread_num());
#pragma omp critical
        x++;
#pragma omp barrier
    }
    end_of_child();
    CHECK(x > team, "%d", x);
#pragma omp parallel num_threads(team)
#pragma omp parallel num_threads(2)
    {
        if (omp_get_ancestor_thread_num(1) == num)
            here(1);
#pragma omp barrier
    }
    end_of_child();
#pragma omp parallel num_threads(team)
#pragma omp target
    here(0);
    end_of_child();
#pragma omp teams num_teams(2)
    {
        if (omp_get_team_num() == 0)
            here(0);
#pragma omp parallel num_threads(team)
        {
        }
    }
    end_of_child();
    int tasks = 0;
#pragma omp parallel num_threads(team) reduction(task, + : tasks)
    {
#pragma omp task in_reduction(+ : tasks)
        tasks++;
        here(num);
    }
    end_of_child();
    CHECK(tasks == team, "%d", tasks);
}

int main(void)
{
    team = omp_get_max_threads();
    omp_set_max_active_levels(2);
    constructs(0);
    constructs(team - 1);
    constructs(team / 2);
    return 0;
}
