/* ours only
 * When main ends by pthread_exit, its thread_local variables are destroyed, because it
 * is the process's last thread: the workers have ended by then. libgomp's may still be
 * ending.
 */
#include "../check.h"
#include <pthread.h>
#include <sys/wait.h>

static int told[2];

struct Local {
    ~Local() { CHECK(write(told[1], "d", 1) == 1, "write"); }
};

static void *master(void *)
{
    int n = 0;
#pragma omp parallel reduction(+ : n)
    n++;
    CHECK(n == omp_get_max_threads(), "%d threads", n);
    return nullptr;
}

static void live(int way)
{
    static thread_local Local local;
    volatile void *used = &local;
    (void)used;
    alarm(PATIENCE / 3);
    if (way & 1)
        master(nullptr);
    if (way & 2) {
        pthread_t other;
        CHECK(pthread_create(&other, nullptr, master, nullptr) == 0, "no thread");
        pthread_join(other, nullptr);
    }
    if (way & 4)
        omp_pause_resource_all(omp_pause_hard);
    pthread_exit(nullptr);
}

int main()
{
    for (int round = 0; round < 24; round++) {
        CHECK(pipe(told) == 0, "pipe");
        pid_t child = fork();
        if (child == 0)
            live(round % 8);
        close(told[1]);
        int status;
        char got[2];
        CHECK(waitpid(child, &status, 0) == child && status == 0, "way %d: %x", round % 8, status);
        CHECK(read(told[0], got, 2) == 1, "way %d: not destroyed", round % 8);
        close(told[0]);
    }
    return 0;
}
