/* ours only: GCC 12 has no omp_in_explicit_task
 * not by Clang: has no firstprivate of variable size
 */
/* What a task is told about itself, and what it inherits. */
#include "../check.h"

#pragma weak omp_in_explicit_task
#pragma weak omp_in_explicit_task_
int omp_in_explicit_task(void);
int omp_in_explicit_task_(void);

static void explicit_task(int deferrable, int last)
{
    int seen = 0, child = 0, schedule = 0;
    omp_set_num_threads(3);
    omp_set_schedule(omp_sched_guided, 7);
#pragma omp task if (deferrable) final(last) shared(seen, child, schedule)
    {
        omp_sched_t kind;
        seen = omp_in_explicit_task() && omp_in_explicit_task_();
        CHECK(omp_in_final() == last, "final %d", omp_in_final());
        CHECK(omp_get_max_threads() == 3, "%d threads", omp_get_max_threads());
        omp_get_schedule(&kind, &schedule);
        omp_set_num_threads(5); /* the task's own from now on */
#pragma omp task shared(child)
        {
            child = omp_in_explicit_task() && omp_get_max_threads() == 5;
            CHECK(omp_in_final() == last, "final %d", omp_in_final());
        }
#pragma omp taskwait
    }
#pragma omp taskwait
    CHECK(seen && child && schedule == 7, "%d %d %d", seen, child, schedule);
    CHECK(omp_get_max_threads() == 3, "%d threads", omp_get_max_threads());
    CHECK(!omp_in_explicit_task(), "the implicit task is explicit");
}

/* Big, aligned and variable data. */
static void data(int n)
{
    struct { _Alignas(256) char bytes[5000]; } big;
    int variable[n];
    memset(&big, 7, sizeof big);
    for (int i = 0; i < n; i++)
        variable[i] = i;
    int good = 0;
    for (int deferrable = 0; deferrable < 2; deferrable++)
        for (int round = 0; round < 10; round++) {
#pragma omp task firstprivate(big, variable) shared(good) if (deferrable)
            {
                bool same = (uintptr_t)&big % 256 == 0;
                for (size_t i = 0; i < sizeof big.bytes; i++)
                    same = same && big.bytes[i] == 7;
                for (int i = 0; i < n; i++)
                    same = same && variable[i] == i;
                memset(&big, 1, sizeof big);
#pragma omp atomic
                good += same;
            }
        }
#pragma omp taskwait
    CHECK(good == 20, "%d of 20", good);
}

int main(void)
{
    for (int deferrable = 0; deferrable < 2; deferrable++)
        for (int last = 0; last < 2; last++) {
            explicit_task(deferrable, last);
#pragma omp parallel num_threads(4)
            explicit_task(deferrable, last);
        }
    data(300);
#pragma omp parallel
    data(omp_get_thread_num() * 100);
    return 0;
}
