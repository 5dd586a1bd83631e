/* fails: 1 event is invalid or has already been fulfilled! */
/* A second fulfilment of an event. */
#include "../check.h"

int main(void)
{
#pragma omp parallel
#pragma omp single
    {
        omp_event_handle_t event;
#pragma omp task detach(event)
        {
            omp_fulfill_event(event);
            omp_fulfill_event(event);
        }
    }
    return 0;
}
