/* ours only
 * Many masters at once start many workers. When the masters have ended, few workers are
 * left, and they serve the next master. libgomp ends all workers of each master.
 * sizes: 4 16
 */
#include "../check.h"
#include "../status.h"
#include <pthread.h>

enum { MANY = 30 };

static pthread_barrier_t together;
static int size;

static void *master(void *nested)
{
    int n = 0;
    omp_set_max_active_levels(2);
#pragma omp parallel num_threads(size) reduction(+ : n)
    {
        if (omp_get_thread_num() == 0)
            pthread_barrier_wait(&together);
#pragma omp parallel num_threads(2) reduction(+ : n) if (nested)
        n++;
    }
    CHECK(n == (nested ? 2 : 1) * size, "%d threads", n);
    return NULL;
}

int main(void)
{
    pthread_t masters[MANY];
    int kept = 4 * omp_get_num_procs() > 64 ? 4 * omp_get_num_procs() : 64;
    size = omp_get_max_threads();
    pthread_barrier_init(&together, NULL, MANY);
    for (int round = 0; round < 6; round++) {
        int nested = round & 1;
        for (int i = 0; i < MANY; i++)
            CHECK(!pthread_create(&masters[i], NULL, master, nested ? &size : NULL), "no thread");
        for (int i = 0; i < MANY; i++)
            pthread_join(masters[i], NULL);
        /* Workers that started nested regions have teams of their own. */
        int most = 1 + kept + (nested ? MANY * size : 0);
        CHECK(threads() <= most, "round %d: %d threads", round, threads());
    }
    CHECK(omp_pause_resource_all(omp_pause_soft) == 0 && threads() == 1, "%d threads", threads());
    return 0;
}
