/* ours only
 * A child that is forked on a worker is a process with one initial thread: it opens
 * full teams, its idle workers are not counted twice, and it ends when that thread
 * does, by pthread_exit or by returning from the region. In libgomp's child the thread
 * waits for its team.
 * unwatched: what regions of the parent used is nobody's in the child
 */
#include "../check.h"
#include <pthread.h>
#include <sys/wait.h>

static void region(int size)
{
    int n = 0;
#pragma omp parallel num_threads(size) reduction(+ : n)
    {
        n++;
#pragma omp barrier
    }
    CHECK(n == size, "%d threads of %d", n, size);
}

static void child_of(int way)
{
    alarm(PATIENCE / 3);
    CHECK(omp_get_level() == 0 && omp_get_num_threads() == 1, "level %d", omp_get_level());
    for (int i = 0; i < 5; i++) {
        region(2 + i);
        usleep(i * 1000);
    }
    if (way == 0)
        _exit(0);
    if (way == 1)
        exit(0);
    if (way == 2)
        pthread_exit(NULL);
}

int main(void)
{
    for (int way = 0; way < 4; way++) {
        pid_t child = -1;
        int forked = 0;
#pragma omp parallel num_threads(2 + way) shared(child)
        if (omp_get_thread_num() == 1) {
            child = fork();
            if (child == 0) {
                forked = 1;
                child_of(way);
            }
        }
        CHECK(!forked, "the child came back from the region");
        int status;
        CHECK(waitpid(child, &status, 0) == child && status == 0, "way %d: %x", way, status);
    }
    return 0;
}
