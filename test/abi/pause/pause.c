/* ours only
 * A pause of any kind ends the workers and frees what they hold. The next region starts
 * new ones. libgomp does not wait for its threads, and pauses only those of the calling
 * thread.
 */
#include "../check.h"
#include "../status.h"
#include <pthread.h>

static int mine = 7;
#pragma omp threadprivate(mine)

static pthread_key_t key;
static int destroyed;

static void destroy(void *unused)
{
    (void)unused;
    int n = 0;
    __atomic_fetch_add(&destroyed, 1, __ATOMIC_RELAXED);
    /* A worker that ends may still use OpenMP, as an initial thread. */
#pragma omp parallel num_threads(2) reduction(+ : n)
    n++;
    CHECK(n == 2, "%d threads", n);
}

static int soft(void) { return omp_pause_resource(omp_pause_soft, omp_get_initial_device()); }
static int hard(void) { return omp_pause_resource(omp_pause_hard, omp_get_initial_device()); }
static int all_soft(void) { return omp_pause_resource_all(omp_pause_soft); }
static int all_hard(void) { return omp_pause_resource_all(omp_pause_hard); }
static int (*const pauses[])(void) = {soft, hard, all_soft, all_hard};

static void use(int size)
{
    int sum = 0;
#pragma omp parallel num_threads(size)
    {
        mine = 100 + omp_get_thread_num();
        if (omp_get_thread_num() > 0)
            pthread_setspecific(key, &key);
#pragma omp for schedule(dynamic)
        for (int i = 0; i < 100; i++)
#pragma omp task shared(sum)
#pragma omp atomic
            sum++;
    }
    CHECK(sum == 100, "%d", sum);
}

static void round_with(int (*pause)(void), int size)
{
    int fresh = 0, refused = 0, before = destroyed;
    use(size);
    omp_set_schedule(omp_sched_guided, 5);
    CHECK(pause() == 0, "refused");
    /* The destructors' workers end with the threads that had them. The kernel counts
       a thread for a moment longer than others can wait for. */
    for (int i = 0; i < 1000 && threads() > 1; i++)
        usleep(1000);
    CHECK(threads() == 1, "%d threads", threads());
    CHECK(destroyed == before + size - 1, "%d of %d", destroyed - before, size - 1);
    CHECK(mine == 100, "thread 0: %d", mine);
    omp_sched_t kind;
    int chunk;
    omp_get_schedule(&kind, &chunk);
    CHECK(kind == omp_sched_guided && chunk == 5, "%d, %d", (int)kind, chunk);
#pragma omp parallel num_threads(size) reduction(+ : fresh)
    fresh += mine == 7;
    CHECK(fresh == size - 1, "%d of %d", fresh, size - 1);
#pragma omp parallel num_threads(size) reduction(+ : refused)
    refused += pause() != 0;
    CHECK(refused == size, "%d of %d", refused, size);
}

static volatile int stop;
static volatile int turns;

static void *neighbour(void *size)
{
    while (!stop) {
        int n = 0;
#pragma omp parallel num_threads(*(int *)size) reduction(+ : n)
        n++;
        CHECK(n == *(int *)size, "%d threads", n);
        turns++;
    }
    return NULL;
}

int main(void)
{
    int size = omp_get_max_threads();
    pthread_key_create(&key, destroy);
    CHECK(omp_pause_resource_all((omp_pause_resource_t)0) != 0, "an unknown kind");
    CHECK(omp_pause_resource_all((omp_pause_resource_t)4) != 0, "an unknown kind");
    CHECK(omp_pause_resource(omp_pause_soft, omp_get_num_devices() + 1) != 0, "no such device");
    CHECK(soft() == 0, "nothing to pause");
    for (int i = 0; i < 12; i++)
        round_with(pauses[i % 4], size);
    CHECK(soft() == 0 && hard() == 0, "twice");

    /* Another master goes on. */
    pthread_t other;
    pthread_create(&other, NULL, neighbour, &size);
    for (int i = 0; i < 100 || turns < 100; i++)
        CHECK(pauses[i % 4]() == 0, "pause %d", i);
    stop = 1;
    pthread_join(other, NULL);
    return 0;
}
