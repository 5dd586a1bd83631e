/* ours only: GCC 12's libgomp frees the task before its event is fulfilled */
/* env: OMP_CANCELLATION=true */
/* Tasks with detach and depend in a cancelled taskgroup: those that did not
   begin complete without their events, and late fulfilments do no harm. */
#include "../check.h"

enum { TASKS = 40 };

int main(void)
{
    CHECK(omp_get_cancellation(), "no cancellation");
    for (int round = 0; round < 20; round++) {
        omp_event_handle_t events[TASKS] = {0};
        int ran = 0, x;
        bool after = false;
#pragma omp parallel
#pragma omp single
        {
#pragma omp taskgroup
            {
                omp_event_handle_t first;
#pragma omp task detach(first) depend(out : x) shared(ran)
#pragma omp atomic
                ran++;
                for (int i = 0; i < TASKS; i++) {
                    omp_event_handle_t event;
#pragma omp task detach(event) depend(inout : x) shared(ran) firstprivate(i)
#pragma omp atomic
                    ran++;
                    events[i] = event;
                }
#pragma omp task if (0)
                {
#pragma omp cancel taskgroup
                }
                for (int i = 0; i < TASKS / 2; i++)
                    omp_fulfill_event(events[i]);
                omp_fulfill_event(first);
                for (int i = TASKS / 2; i < TASKS; i++)
                    if (i % 2 == 0 || round % 2 == 0)
                        omp_fulfill_event(events[i]);
            }
            after = true;
            for (int i = TASKS / 2 + 1; i < TASKS; i += 2)
                if (round % 2)
                    omp_fulfill_event(events[i]);
#pragma omp task depend(inout : x) shared(after, x)
            CHECK(after, "a sibling of %p ran early", (void *)&x);
        }
        CHECK(ran >= 0 && ran <= TASKS + 1, "%d ran", ran);
    }
    return 0;
}
