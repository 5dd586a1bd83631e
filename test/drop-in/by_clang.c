/* The part of two_compilers.c that Clang builds, as a library of its own. */
#include <omp.h>

/* Adds up to n with the lock held, on a team of the default size; answers its size. */
int by_clang(omp_lock_t *lock, int *sum, int n)
{
    int size = 0;
#pragma omp parallel
    {
#pragma omp single
        size = omp_get_num_threads();
#pragma omp for schedule(dynamic, 3)
        for (int i = 0; i < n; i++) {
            omp_set_lock(lock);
            *sum += 1;
            omp_unset_lock(lock);
        }
    }
    return size;
}

/* The nesting level inside a region. */
int level_by_clang(void)
{
    int level = -1;
#pragma omp parallel num_threads(2)
#pragma omp master
    level = omp_get_level();
    return level;
}
