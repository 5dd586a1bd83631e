/*
 * cancel parallel: threads leave barriers, every thread gets to the region's
 * end, and the next region is sane.
 * env: OMP_CANCELLATION=true
 * not by Clang: its cancel with a false if is no cancellation point
 */
#include "../check.h"

static int team;

static void is_sane(void)
{
    int threads = 0, sum = 0, singles = 0;
#pragma omp parallel
    {
#pragma omp atomic
        threads++;
#pragma omp for schedule(dynamic, 3)
        for (int i = 0; i < 100; i++)
#pragma omp atomic
            sum += i;
        CHECK(threads == team && sum == 4950, "%d threads, sum %d", threads, sum);
#pragma omp barrier
#pragma omp for schedule(static)
        for (int i = 0; i < 100; i++)
#pragma omp atomic
            sum -= i;
        CHECK(sum == 0, "sum %d", sum);
#pragma omp single
        singles++;
        CHECK(singles == 1, "%d singles", singles);
    }
}

/* One thread cancels; the others wait in barriers that it never reaches. */
static void at_a_barrier(int round)
{
    int after = 0, who = round % team;
#pragma omp parallel
    {
        for (int i = 0; i < round % 5; i++) {
#pragma omp barrier
        }
#pragma omp cancel parallel if (omp_get_thread_num() == who)
#pragma omp barrier
#pragma omp atomic
        after++;
    }
    CHECK(after == 0, "%d passed a barrier that %d did not come to", after, who);
}

/* As before, with worksharing constructs at different points. */
static void in_constructs(int round)
{
    int who = round % team, hits[64] = {0}, twice = 0;
#pragma omp parallel
    {
#pragma omp for schedule(dynamic) nowait
        for (int i = 0; i < 64; i++)
#pragma omp atomic
            hits[i]++;
        if (omp_get_thread_num() == who) {
#pragma omp cancel parallel
        }
#pragma omp for schedule(guided) nowait
        for (int i = 0; i < 64; i++)
#pragma omp atomic
            hits[i]++;
#pragma omp sections
        {
#pragma omp section
#pragma omp atomic
            twice++;
#pragma omp section
#pragma omp atomic
            twice++;
        }
        CHECK(0, "the barrier of the sections let %d through", omp_get_thread_num());
    }
    CHECK(twice <= 2, "%d", twice);
    for (int i = 0; i < 64; i++)
        CHECK(hits[i] <= 2, "iteration %d ran %d times", i, hits[i]);
}

/* All threads notice at cancellation points. */
static void at_a_point(void)
{
    int left = 0;
#pragma omp parallel
    {
        if (omp_get_thread_num() == team - 1) {
#pragma omp cancel parallel
        }
        for (;;) {
            usleep(1);
#pragma omp cancellation point parallel
        }
        left = 1;
    }
    CHECK(left == 0, "%d", left);
}

/* A false if clause is a cancellation point. */
static void by_a_false_if(void)
{
#pragma omp parallel
    {
#pragma omp cancel parallel if (omp_get_thread_num() == 0)
        for (;;) {
#pragma omp cancel parallel if (0)
        }
    }
}

/* Only the innermost region. */
static void nested(void)
{
    int inner = 0, outer = 0;
    omp_set_max_active_levels(2);
#pragma omp parallel num_threads(2)
    {
#pragma omp parallel num_threads(2)
        {
#pragma omp cancel parallel if (omp_get_thread_num() == 1)
#pragma omp barrier
#pragma omp atomic
            inner++;
        }
#pragma omp barrier
#pragma omp atomic
        outer++;
#pragma omp cancellation point parallel
#pragma omp barrier
#pragma omp atomic
        outer++;
    }
    CHECK(inner == 0 && outer == 4, "%d %d", inner, outer);
    omp_set_max_active_levels(1);
}

/* Tasks that have not begun do not run; those that have begun run to their end. */
static void with_tasks(void)
{
    int begun = 0, ended = 0, threads = 0;
#pragma omp parallel
    {
#pragma omp atomic
        threads++;
        for (int i = 0; i < 20; i++)
#pragma omp task shared(begun, ended)
        {
#pragma omp atomic
            begun++;
            if (i % 4 == 0)
                usleep(10);
#pragma omp atomic
            ended++;
        }
        if (omp_get_thread_num() == 0) {
#pragma omp cancel parallel
        }
#pragma omp barrier
        CHECK(0, "%d", omp_get_thread_num());
    }
    CHECK(begun == ended && begun <= 20 * team && threads == team, "%d %d", begun, ended);
}

static void after_the_cancel(void)
{
    int ran = 0;
#pragma omp parallel
    {
#pragma omp cancel parallel if (omp_get_thread_num() == team - 1)
#pragma omp barrier
#pragma omp task shared(ran)
#pragma omp atomic
        ran++;
    }
    CHECK(ran == 0, "%d", ran);
}

int main(void)
{
    team = omp_get_max_threads();
    CHECK(omp_get_cancellation() == 1, "%d", omp_get_cancellation());
    for (int round = 0; round < 40; round++) {
        at_a_barrier(round);
        is_sane();
        in_constructs(round);
        is_sane();
        at_a_point();
        by_a_false_if();
        nested();
        is_sane();
        with_tasks();
        after_the_cancel();
        is_sane();
    }
    return 0;
}
