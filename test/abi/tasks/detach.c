/* Tasks with detach: when and by whom events are fulfilled, and who waits for them. */
#include "stranger.h"

/* Before the body ends, by the body itself; the handle comes with the data. */
static void by_the_body(void)
{
    int values[3] = {1, 2, 3}, sum = 0;
    omp_event_handle_t event;
#pragma omp task detach(event) firstprivate(values) shared(sum)
    {
        sum = values[0] + values[1] + values[2];
        omp_fulfill_event(event);
    }
#pragma omp taskwait
    CHECK(sum == 6, "sum %d", sum);
}

/* By a sibling, by the parent, in both orders. */
static void by_others(void)
{
    omp_event_handle_t a, b, c;
    int n = 0;
#pragma omp task detach(a) shared(n)
#pragma omp atomic
    n++;
#pragma omp task detach(b) shared(n)
    {
#pragma omp atomic
        n++;
        omp_fulfill_event(a);
    }
#pragma omp task detach(c) shared(n)
#pragma omp atomic
    n++;
    omp_fulfill_event(c);
#pragma omp task shared(n)
    {
#pragma omp atomic
        n++;
        omp_fulfill_event(b);
    }
#pragma omp taskwait
    CHECK(n == 4, "%d of 4", n);
}

/* taskwait, taskgroup and an undeferred task wait for an event from another thread. */
static void by_a_stranger(int how)
{
    omp_event_handle_t event;
    pthread_t thread;
    int body = 0, before = order;
    switch (how) {
    case 0:
#pragma omp task detach(event) shared(body)
        body = 1;
        thread = stranger(event);
#pragma omp taskwait
        break;
    case 1:
#pragma omp taskgroup
        {
#pragma omp task shared(thread, body)
            {
#pragma omp task detach(event) shared(body)
                body = 1;
                thread = stranger(event);
            }
        }
        break;
    case 2: /* GCC's code waits for the event, too. Clang's creator goes on after the body. */
#pragma omp task detach(event) if (0) shared(thread, body)
        {
            body = 1;
            thread = stranger(event);
        }
#ifdef __clang__
#pragma omp taskwait
#endif
        break;
    }
    CHECK(body == 1 && order > before, "%d: body %d, not waited for", how, body);
    CHECK(pthread_join(thread, NULL) == 0, "join");
#pragma omp taskwait
}

/* The creator of an undeferred task may fulfil its event. */
static void by_the_creator(void)
{
#ifdef __clang__
    omp_event_handle_t event;
    int body = 0;
#pragma omp task detach(event) if (0) shared(body)
    body = 1;
    CHECK(body == 1, "the body has not run");
    omp_fulfill_event(event);
#pragma omp taskwait
#endif
}

/* A detached task that leaves children behind. */
static void with_children(void)
{
    omp_event_handle_t event;
    int children = 0;
    pthread_t thread;
#pragma omp taskgroup
    {
#pragma omp task detach(event) shared(children)
        for (int i = 0; i < 20; i++)
#pragma omp task shared(children)
#pragma omp atomic
            children++;
        thread = stranger(event);
    }
    CHECK(children == 20, "%d of 20", children);
    pthread_join(thread, NULL);
}

int main(void)
{
    by_the_body();
#pragma omp parallel
#pragma omp single
    {
        by_the_body();
        by_others();
        by_the_creator();
        for (int how = 0; how < 3; how++)
            by_a_stranger(how);
        with_children();
    }
    return 0;
}
