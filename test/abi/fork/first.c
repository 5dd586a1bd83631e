/*
 * A thread forks while another one starts the process's first region, or calls its
 * first routine: each time in a process that has never used OpenMP. An argument is
 * the number of times. (ours only: libgomp's child may hang)
 * sizes: 2
 * stress: 3000
 */
#include "child.h"
#include <pthread.h>

static volatile int go;

static void *first(void *what)
{
    while (!go)
        ;
    if (what)
        omp_get_max_threads();
    else
        regions(2);
    return NULL;
}

static void process(int i)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, first, (void *)(intptr_t)(i % 3 == 0)) == 0, "pthread_create");
    usleep(i % 4 * 20);
    go = 1;
    for (volatile int spin = 0; spin < i % 50 * 200; spin++)
        ;
    pid_t pid = forked();
    if (pid == 0) {
        everything(2);
        _exit(0);
    }
    reap(pid);
    pthread_join(thread, NULL);
    everything(2);
}

int main(int argc, char **argv)
{
    int times = argc > 1 ? atoi(argv[1]) : 15;
    alarm(PATIENCE + times / 5);
    for (int i = 0; i < times; i++) {
        pid_t pid = forked();
        if (pid == 0) {
            process(i);
            _exit(0);
        }
        reap(pid);
    }
    return 0;
}
