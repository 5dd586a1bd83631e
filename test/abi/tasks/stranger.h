/* A thread that OpenMP never saw fulfills an event, a little later. */
#ifndef STRANGER_H
#define STRANGER_H

#include "../check.h"
#include <pthread.h>

static int order;

static int step(void)
{
    return __atomic_add_fetch(&order, 1, __ATOMIC_SEQ_CST);
}

static void *fulfill_later(void *event)
{
    usleep(2000);
    step();
    omp_fulfill_event((omp_event_handle_t)(uintptr_t)event);
    return NULL;
}

static pthread_t stranger(omp_event_handle_t event)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, fulfill_later, (void *)(uintptr_t)event) == 0, "thread");
    return thread;
}

#endif
