/*
 * Threads that use OpenMP start and end, while a thread that has never used it forks.
 * An argument is the number of forks.
 * sizes: 2
 * stress: 10000
 */
#include "child.h"
#include <pthread.h>

static volatile int over;

static void *once(void *unused)
{
    (void)unused;
    CHECK(omp_get_max_threads() == 2, "%d", omp_get_max_threads());
    return NULL;
}

static void *births(void *unused)
{
    while (!over) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, once, NULL) == 0, "pthread_create");
        pthread_join(thread, NULL);
    }
    return unused;
}

int main(int argc, char **argv)
{
    int forks = argc > 1 ? atoi(argv[1]) : 200;
    alarm(PATIENCE + forks / 10);
    pthread_t thread[2];
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&thread[i], NULL, births, NULL) == 0, "pthread_create");
    for (int i = 0; i < forks; i++) {
        pid_t pid = forked();
        if (pid == 0) {
            once(NULL);
            _exit(0);
        }
        reap(pid);
    }
    over = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
