/* A task holds a lock across a taskwait. Meanwhile its thread executes no unrelated task
 * that wants the lock (OpenMP 5.2, 12.9). */
#include "../check.h"

int main(void)
{
    omp_lock_t lock;
    int sum = 0;
    omp_init_lock(&lock);
    for (int round = 0; round < 200; round++) {
#pragma omp parallel
#pragma omp single
        for (int i = 0; i < 20; i++)
#pragma omp task shared(sum)
        {
            omp_set_lock(&lock);
            int part[2] = {0, 0};
            for (int k = 0; k < 2; k++)
#pragma omp task shared(part)
                part[k] = k + 1;
#pragma omp taskwait
            sum += part[0] + part[1];
            omp_unset_lock(&lock);
        }
    }
    CHECK(sum == 200 * 20 * 3, "%d", sum);
    omp_destroy_lock(&lock);
    return 0;
}
