/*
 * exit() while workers are parked, spin, or are inside another thread's region, also from
 * a worker; quick_exit; main that returns or ends by pthread_exit meanwhile.
 *
 * unwatched: its initial thread ends first, and its memory is nobody's then
 */
#include "../check.h"
#include <pthread.h>
#include <sys/wait.h>

static void *busy(void *unused)
{
#pragma omp parallel
    for (;;)
        usleep(1000);
    return unused;
}

static void *leave_later(void *unused)
{
    usleep(5000);
#pragma omp parallel
#pragma omp single
    exit(5);
    return unused;
}

static void leave(int how)
{
    pthread_t thread;
    int n = 0;
#pragma omp parallel reduction(+ : n)
    n++;
    CHECK(n > 0, "no thread");
    if (how == 1)
        usleep(20000); /* parked by now */
    if (how == 2) {
        CHECK(pthread_create(&thread, NULL, busy, NULL) == 0, "thread");
        usleep(20000);
    }
    if (how == 3)
#pragma omp parallel
#pragma omp master
        exit(5);
    if (how == 4) {
#pragma omp parallel
        if (omp_get_thread_num() == omp_get_num_threads() - 1)
            exit(5);
        else
            pause();
    }
    if (how == 5)
        quick_exit(5);
    if (how == 6) {
        CHECK(pthread_create(&thread, NULL, leave_later, NULL) == 0, "thread");
        pthread_exit(NULL);
    }
    exit(5);
}

int main(void)
{
    for (int how = 0; how < 7; how++) {
        pid_t pid = fork();
        if (pid == 0)
            leave(how);
        int status;
        CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 5,
              "way %d: %x", how, status);
    }
    return 0;
}
