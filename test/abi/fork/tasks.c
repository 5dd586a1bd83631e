/* ours only: libgomp hangs in the child.
 * Forks in tasks of every kind: executed at once, by another member, in a wait,
 * untied, dependent, detached, in a group, in a taskloop. The child does the work of a
 * whole program there. Then it ends there, or returns from everything to the end of
 * main. It never waits for a thread of the parent on its way.
 * unwatched: what regions of the parent used is nobody's in the child
 */
#include "child.h"

static int team, returns;
static int children;

/* In the body of something: the parent goes on when the child has ended. */
static void here(void)
{
    pid_t pid = forked();
    if (pid > 0) {
        reap(pid);
        return;
    }
    everything(team);
    if (!returns)
        _exit(0);
    children++;
}

/* The child has come back to where the parent is too. */
static void end_of_child(void)
{
    if (children > 0) {
        everything(team);
        _exit(0);
    }
}

static void in_tasks(void)
{
    int x = 0;
#pragma omp task
    here();
#pragma omp taskwait
    end_of_child();
#pragma omp task if (0)
    here();
    end_of_child();
#pragma omp task final(1)
    here();
#pragma omp taskwait
    end_of_child();
#pragma omp task untied
    {
#pragma omp task
        here();
#pragma omp taskyield
    }
#pragma omp taskwait
    end_of_child();
#pragma omp task depend(out : x) shared(x)
    x = 1;
#pragma omp task depend(inout : x) shared(x)
    {
        x = 2;
        here();
    }
#pragma omp task depend(in : x) shared(x)
    CHECK(x == 2, "%d", x);
#pragma omp taskwait depend(in : x)
    end_of_child();
#pragma omp task depend(inout : x) if (0)
    here();
    end_of_child();
#pragma omp taskwait
#pragma omp taskgroup
    {
#pragma omp task
        {
#pragma omp task
            here();
        }
    }
    end_of_child();
#pragma omp taskloop num_tasks(3)
    for (int i = 0; i < 3; i++)
        if (i == 1)
            here();
    end_of_child();
    int sum = 0;
#pragma omp taskgroup task_reduction(+ : sum)
    {
        for (int i = 0; i < 4; i++)
#pragma omp task in_reduction(+ : sum)
        {
            sum += i;
            if (i == 3)
                here();
        }
    }
    end_of_child();
    CHECK(sum == 6, "%d", sum);
}

static void detached(void)
{
    omp_event_handle_t event;
#pragma omp task detach(event)
    here();
    omp_fulfill_event(event);
#pragma omp taskwait
    end_of_child();
    omp_event_handle_t early;
#pragma omp task detach(early)
    {
        omp_fulfill_event(early);
        here();
    }
#pragma omp taskwait
    end_of_child();
}

int main(void)
{
    team = omp_get_max_threads();
    for (returns = 0; returns < 2; returns++) {
        in_tasks();
        detached();
#pragma omp parallel
        {
#pragma omp single
            {
                in_tasks();
                detached();
            }
            end_of_child();
            /* Several at once, executed by any member. */
#pragma omp single nowait
            for (int i = 0; i < 4; i++)
#pragma omp task
                here();
#pragma omp barrier
            end_of_child();
#pragma omp for
            for (int i = 0; i < team; i++)
#pragma omp task
                here();
        }
        end_of_child();
#pragma omp parallel
#pragma omp master
        for (int i = 0; i < 4; i++)
#pragma omp task
            here();
        end_of_child();
    }
    return 0;
}
