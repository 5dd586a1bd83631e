/* ours only
 * A limit of the user's processes (a control group's says the same): many teams, all
 * smaller. libgomp ends the process.
 * sizes: 1
 * prints: a region asks for 300 threads, and no more than
 * unwatched: valgrind and LeakSanitizer need what is scarce here
 */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <sys/resource.h>

static void *master(void *unused)
{
    int n = 0;
    for (int i = 0; i < 50; i++) {
        n = 0;
#pragma omp parallel num_threads(20) reduction(+ : n)
        n++;
        CHECK(n >= 1 && n <= 20, "%d threads", n);
    }
    return unused;
}

int main(void)
{
    /* No other process should have this user, or there would be even fewer threads. */
    if (geteuid() == 0 && setresuid(54321, 54321, 54321) != 0)
        perror("setresuid");
    pthread_t others[3];
    struct rlimit few = {12, 12};
    CHECK(setrlimit(RLIMIT_NPROC, &few) == 0, "setrlimit");
    for (int i = 0; i < 10; i++) {
        int n = 0;
#pragma omp parallel num_threads(300) reduction(+ : n)
        {
            n++;
#pragma omp barrier
        }
        CHECK(n >= 1 && n <= 12, "%d threads", n);
        if (i == 4) {
            CHECK(omp_pause_resource_all(omp_pause_soft) == 0, "pause");
            for (int j = 0; j < 3; j++)
                if (pthread_create(&others[j], NULL, master, NULL) != 0)
                    others[j] = 0;
            master(NULL);
            for (int j = 0; j < 3; j++)
                if (others[j])
                    pthread_join(others[j], NULL);
        }
    }
    return 0;
}
