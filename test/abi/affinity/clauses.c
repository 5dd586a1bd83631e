/*
 * The proc_bind clause in combined constructs, workers that move, and masters
 * that the program started itself.
 * env: OMP_PLACES={0}:4:0
 */
#include "places.h"
#include <pthread.h>

static void *master(void *unused)
{
    (void)unused;
#pragma omp parallel num_threads(3) proc_bind(close)
    {
        CHECK(omp_get_place_num() == omp_get_thread_num(), "%d", omp_get_place_num());
        check_bound();
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[4];
    CHECK(omp_get_proc_bind() == omp_proc_bind_true, "%d", omp_get_proc_bind());
    for (int round = 0; round < 50; round++) {
#pragma omp parallel for num_threads(2) proc_bind(spread) schedule(dynamic)
        for (int i = 0; i < 8; i++)
            CHECK(omp_get_place_num() == 2 * omp_get_thread_num(), "%d", omp_get_place_num());
#pragma omp parallel sections num_threads(2) proc_bind(close)
        {
#pragma omp section
            CHECK(omp_get_place_num() == omp_get_thread_num(), "%d", omp_get_place_num());
#pragma omp section
            CHECK(omp_get_place_num() == omp_get_thread_num(), "%d", omp_get_place_num());
        }
#pragma omp parallel num_threads(4) proc_bind(master)
        {
            CHECK(omp_get_place_num() == 0, "%d", omp_get_place_num());
            check_bound();
        }
    }
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, master, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
