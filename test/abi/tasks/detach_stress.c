/* ours only: GCC 12's libgomp sleeps through a fulfilment by another thread */
/*
 * Tasks of all kinds with detach. Threads that never used OpenMP take the events from a
 * queue and fulfil them.  An argument is the number of rounds.
 * stress: 100
 */
#include "../check.h"
#include <pthread.h>
#include <sched.h>

enum { QUEUE = 64, TASKS = 500, CHAINS = 8, CHILDREN = 3, STRANGERS = 3 };

static omp_event_handle_t queue[QUEUE];
static int put_in, taken, over;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;

static void put(omp_event_handle_t event)
{
    pthread_mutex_lock(&lock);
    while (put_in - taken == QUEUE) {
        pthread_mutex_unlock(&lock);
        sched_yield();
        pthread_mutex_lock(&lock);
    }
    queue[put_in++ % QUEUE] = event;
    pthread_cond_signal(&filled);
    pthread_mutex_unlock(&lock);
}

static void *stranger(void *seed)
{
    for (unsigned n = (uintptr_t)seed;; n = n * 1664525 + 1013904223) {
        pthread_mutex_lock(&lock);
        while (put_in == taken && !over)
            pthread_cond_wait(&filled, &lock);
        if (put_in == taken) {
            pthread_mutex_unlock(&lock);
            return NULL;
        }
        omp_event_handle_t event = queue[taken++ % QUEUE];
        pthread_mutex_unlock(&lock);
        if (n >> 30 == 0)
            usleep(n >> 24);
        omp_fulfill_event(event);
    }
}

static void round_of(bool waits)
{
    int alone = 0, children = 0, grouped = 0, chain[CHAINS] = {0};
#pragma omp parallel
    {
#pragma omp single nowait
        for (int i = 0; i < TASKS; i++) {
            omp_event_handle_t event;
            int link = i % CHAINS;
            switch (i % 5) {
            case 0:
            case 1:
#pragma omp task detach(event) depend(inout : chain[link]) shared(chain)
            {
                chain[link]++;
                put(event);
            } break;
            case 2:
#pragma omp task depend(inout : chain[link]) shared(chain)
                chain[link]++;
                break;
            case 3:
#pragma omp task detach(event) shared(alone, children)
            {
#pragma omp atomic
                alone++;
                for (int j = 0; j < CHILDREN; j++)
#pragma omp task shared(children)
#pragma omp atomic
                    children++;
                put(event);
            } break;
            case 4:
#pragma omp taskgroup
            {
#pragma omp task detach(event) shared(grouped)
                {
#pragma omp atomic
                    grouped++;
                    put(event);
                }
            }
            }
            if (waits && i % 97 == 0) {
#pragma omp taskwait
            }
        }
        if (waits) {
#pragma omp barrier
            CHECK(alone == TASKS / 5 && children == CHILDREN * alone, "after the barrier");
        }
    }
    int links = 0;
    for (int i = 0; i < CHAINS; i++)
        links += chain[i];
    CHECK(links == TASKS / 5 * 3 && alone == TASKS / 5 && grouped == TASKS / 5 &&
              children == CHILDREN * alone,
          "%d links, %d alone, %d grouped, %d children", links, alone, grouped, children);
}

int main(int argc, char **argv)
{
    pthread_t threads[STRANGERS];
    int rounds = argc > 1 ? atoi(argv[1]) : 2;
    if (argc > 1)
        alarm(0);
    for (uintptr_t i = 0; i < STRANGERS; i++)
        CHECK(pthread_create(&threads[i], NULL, stranger, (void *)i) == 0, "thread");
    for (int round = 0; round < rounds; round++)
        round_of(round % 2);
    pthread_mutex_lock(&lock);
    over = 1;
    pthread_cond_broadcast(&filled);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < STRANGERS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
