/* ours only: for GCC 12's libgomp a dependence ends with the body, and a
   barrier sleeps through a fulfilment by another thread */
/* Tasks with detach: successors and barriers wait for the event. */
#include "stranger.h"

static void by_a_stranger(int how)
{
    omp_event_handle_t event;
    pthread_t thread;
    int body = 0, x = 0, before = order;
    switch (how) {
    case 0:
#pragma omp task detach(event) depend(out : x) shared(body)
        body = 1;
        thread = stranger(event);
#pragma omp taskwait depend(in : x)
        break;
    case 1:
#pragma omp task detach(event) depend(inout : x) shared(body)
        body = 1;
        thread = stranger(event);
#pragma omp task if (0) depend(inout : x) shared(body)
        body++;
        CHECK(body == 2, "body %d", body);
        body = 1;
        break;
    case 2:
#pragma omp task detach(event) depend(inout : x) shared(body)
        body = 1;
#pragma omp task depend(inout : x) shared(body)
        body++;
#pragma omp task depend(inout : x) shared(body)
        body++;
        thread = stranger(event);
#pragma omp taskwait
        CHECK(body == 3, "body %d", body);
        body = 1;
        break;
    }
    CHECK(body == 1 && x == 0 && order > before, "%d: body %d, not waited for", how, body);
    CHECK(pthread_join(thread, NULL) == 0, "join");
#pragma omp taskwait
}

/* Many, fulfilled by all threads in turn. */
enum { MANY = 200 };

static void many(void)
{
    static omp_event_handle_t events[MANY];
    int bodies = 0, after = 0, chain[4] = {0};
#pragma omp taskgroup
    {
        for (int i = 0; i < MANY; i++) {
            omp_event_handle_t event;
#pragma omp task detach(event) shared(bodies) depend(inout : chain[i % 4])
#pragma omp atomic
            bodies++;
            __atomic_store_n(&events[i], event, __ATOMIC_RELEASE);
#pragma omp task shared(after) depend(inout : chain[i % 4])
#pragma omp atomic
            after++;
        }
        for (int i = MANY - 1; i >= 0; i--)
#pragma omp task firstprivate(i)
            omp_fulfill_event(events[i]);
    }
    CHECK(bodies == MANY && after == MANY && chain[0] == 0, "%d, %d of %d", bodies, after, MANY);
}

int main(void)
{
    for (int how = 0; how < 3; how++)
        by_a_stranger(how);
    many();
#pragma omp parallel
#pragma omp single
    {
        for (int how = 0; how < 3; how++)
            by_a_stranger(how);
        for (int i = 0; i < 10; i++)
            many();
    }
    /* Barriers, explicit and at the end of a region, of teams of any size. */
    for (int round = 0; round < 6; round++) {
        pthread_t thread;
        int body = 0, before = order;
#pragma omp parallel num_threads(round < 2 ? 1 : omp_get_max_threads())
        {
            omp_event_handle_t event;
#pragma omp masked
            {
#pragma omp task detach(event) shared(body)
                body = 1;
                thread = stranger(event);
            }
            if (round % 2 == 0) {
#pragma omp barrier
                CHECK(body == 1 && order > before, "a barrier did not wait");
            }
        }
        CHECK(body == 1 && order > before, "the region did not wait");
        pthread_join(thread, NULL);
    }
    return 0;
}
