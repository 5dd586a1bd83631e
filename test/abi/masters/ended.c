/*
 * Threads that used OpenMP and ended leave nothing behind, whatever they did.
 * sizes: 2 4
 * stress: 40
 * unwatched: memory is what it measures
 */
#include "../check.h"
#include "../status.h"
#include <pthread.h>

static pthread_key_t late;

static void region(int size)
{
    int n = 0;
#pragma omp parallel num_threads(size) reduction(+ : n)
    n++;
    CHECK(n == size, "%d threads of %d", n, size);
}

static void nested(void)
{
    int n = 0;
    omp_set_max_active_levels(3);
#pragma omp parallel num_threads(2) reduction(+ : n)
#pragma omp parallel num_threads(2) reduction(+ : n)
#pragma omp parallel num_threads(1) reduction(+ : n)
    n++;
    CHECK(n == 4, "%d threads", n);
}

static void tasks(void)
{
    int x = 0, y[20] = {0};
    for (int i = 0; i < 20; i++) {
#pragma omp task depend(inout : x) depend(out : y[i]) shared(x, y)
        y[i] = x++;
    }
#pragma omp taskwait
    CHECK(x == 20 && y[19] == 19, "%d, %d", x, y[19]);
}

static void loops(void)
{
    int n = 0;
#pragma omp for schedule(dynamic) ordered
    for (int i = 0; i < 10; i++) {
#pragma omp ordered
        n += i;
    }
#pragma omp single
    n++;
    CHECK(n == 46, "%d", n);
}

static void destroy(void *rounds)
{
    region(2);
    intptr_t left = (intptr_t)rounds - 1;
    if (left > 0)
        pthread_setspecific(late, (void *)left);
}

static void *live(void *number)
{
    int i = (int)(intptr_t)number;
    /* Nothing of an earlier thread may be left here. */
    CHECK(omp_get_level() == 0 && omp_get_num_threads() == 1 && omp_get_thread_num() == 0, "%d", i);
    CHECK(omp_get_max_threads() == omp_get_num_procs() || getenv("OMP_NUM_THREADS"), "%d", i);
    CHECK(omp_get_max_active_levels() != 3 && omp_get_dynamic() == 0, "%d", i);
    CHECK(omp_get_default_allocator() == omp_default_mem_alloc, "%d", i);
    switch (i % 8) {
    case 1:
        region(1 + i / 8 % 6);
        break;
    case 2:
        nested();
        break;
    case 3:
        tasks();
        break;
    case 4:
        loops();
        break;
    case 5:
        pthread_setspecific(late, (void *)2);
        break;
    case 6:
        omp_set_num_threads(2);
        omp_set_dynamic(1);
        omp_set_default_allocator(omp_low_lat_mem_alloc);
        tasks();
        break;
    case 7:
        pthread_exit(NULL);
    }
    return NULL;
}

static void generation(int many, int from)
{
    pthread_t threads[8];
    for (int i = 0; i < many; i++)
        CHECK(!pthread_create(&threads[i], NULL, live, (void *)(intptr_t)(from + i)), "no thread");
    for (int i = 0; i < many; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    int rounds = 2500 * (argc > 1 ? atoi(argv[1]) : 1);
    pthread_key_create(&late, destroy);
    for (int i = 0; i < 400; i += 4)
        generation(4, i);
    long before = status("VmRSS:");
    for (int i = 0; i < rounds; i++)
        generation(i % 3 ? 1 : 2, 2 * i);
    long grown = status("VmRSS:") - before;
    CHECK(grown < 2048, "%ld kB more", grown);
    return 0;
}
