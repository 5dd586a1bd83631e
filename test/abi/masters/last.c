/*
 * A process ends when the program's last own thread ends, which may be after
 * pthread_exit in main. Workers do not keep it alive.
 *
 * unwatched: its initial thread ends first, and its memory is nobody's then
 */
#include "../check.h"
#include <pthread.h>
#include <sys/wait.h>

static pthread_key_t key;

static void region(void)
{
    int n = 0;
#pragma omp parallel reduction(+ : n)
    n++;
    CHECK(n == omp_get_max_threads(), "%d threads", n);
}

static void late(void *unused)
{
    (void)unused;
    region();
}

static void *master(void *pause)
{
    usleep(*(int *)pause);
    region();
    pthread_setspecific(key, &key);
    return NULL;
}

static void *plain(void *pause)
{
    usleep(*(int *)pause);
    return NULL;
}

static void start(void *(*life)(void *), int *pause)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, life, pause) == 0, "no thread");
    pthread_detach(thread);
}

static void live(int way)
{
    static int now = 0, later = 5000;
    pthread_key_create(&key, late);
    alarm(PATIENCE / 3);
    if (way & 1)
        region();
    if (way & 2)
        start(master, &now);
    if (way & 4)
        start(master, &later);
    if (way & 8)
        start(plain, &later);
    pthread_exit(NULL);
}

int main(void)
{
    for (int way = 0; way < 16; way++) {
        pid_t child = fork();
        if (child == 0)
            live(way);
        int status;
        CHECK(waitpid(child, &status, 0) == child, "no child");
        CHECK(status == 0, "way %d: status %x", way, status);
    }
    return 0;
}
