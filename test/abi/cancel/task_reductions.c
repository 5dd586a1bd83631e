/*
 * cancel taskgroup in a task of a construct with a task reduction cancels the
 * innermost taskgroup construct, or taskloop, around it.
 * env: OMP_CANCELLATION=true
 */
#include "../check.h"

static int after_cancel, later;

static void create_later(void)
{
    for (int i = 0; i < 4; i++) {
#pragma omp task
        {
#pragma omp atomic
            later++;
        }
#pragma omp task
#pragma omp taskgroup
        {
#pragma omp task
            {
#pragma omp atomic
                later++;
            }
        }
    }
}

static void check(const char *construct)
{
    CHECK(after_cancel == 0, "%s: %d went on", construct, after_cancel);
    CHECK(later == 0, "%s: %d later tasks", construct, later);
}

static void in_a_loop(void)
{
    int sum = 0;
#pragma omp parallel
#pragma omp taskgroup
    {
#pragma omp for reduction(task, + : sum)
        for (int i = 0; i < 64; i++) {
            sum++;
#pragma omp task in_reduction(+ : sum)
            {
#pragma omp cancel taskgroup
#pragma omp atomic
                after_cancel++;
            }
        }
        create_later();
    }
    CHECK(sum == 64, "%d", sum);
    check("for");
}

static void in_sections(void)
{
    int sum = 0;
#pragma omp parallel num_threads(1)
#pragma omp taskgroup
    {
#pragma omp sections reduction(task, + : sum)
        {
#pragma omp section
            {
                sum++;
#pragma omp task in_reduction(+ : sum)
                {
#pragma omp cancel taskgroup
    #pragma omp atomic
                after_cancel++;
                }
            }
        }
        create_later();
    }
    CHECK(sum == 1, "%d", sum);
    check("sections");
}

/* Two constructs deep: the group between them is cancelled. */
static void in_a_group_of_a_loop(void)
{
    int sum = 0, outer = 0;
#pragma omp parallel
#pragma omp taskgroup
    {
#pragma omp for reduction(task, + : sum)
        for (int i = 0; i < 64; i++) {
            sum++;
#pragma omp taskgroup
            {
#pragma omp task in_reduction(+ : sum)
                {
#pragma omp cancel taskgroup
    #pragma omp atomic
                after_cancel++;
                }
#pragma omp taskwait
                create_later();
            }
        }
#pragma omp task
        {
#pragma omp atomic
            outer++;
        }
    }
    CHECK(sum == 64, "%d", sum);
    CHECK(outer == omp_get_max_threads(), "%d", outer);
    check("taskgroup in for");
}

/* A taskloop has a group of its own. */
static void in_a_taskloop(void)
{
    int begun = 0, total = 0;
#pragma omp parallel
#pragma omp master
#pragma omp taskgroup
    {
#pragma omp taskloop reduction(+ : total) num_tasks(50)
        for (int i = 0; i < 50; i++) {
            total++;
#pragma omp cancel taskgroup
        }
#pragma omp task
        {
#pragma omp atomic
            begun++;
        }
    }
    CHECK(total >= 1 && total <= 50, "%d", total);
    CHECK(begun == 1, "%d", begun);
}

int main(void)
{
    in_a_loop();
    in_sections();
    in_a_group_of_a_loop();
    in_a_taskloop();
    return 0;
}
