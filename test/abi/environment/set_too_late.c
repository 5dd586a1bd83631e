/*
 * The environment is read before main. What the program writes there counts only
 * for its children.
 * sizes: 3
 */
#include "../check.h"

int main(void)
{
    setenv("OMP_NUM_THREADS", "5", 1);
    setenv("OMP_SCHEDULE", "guided,9", 1);
    omp_sched_t kind;
    int chunk;
    omp_get_schedule(&kind, &chunk);
    CHECK(omp_get_max_threads() == 3, "%d", omp_get_max_threads());
    CHECK(kind == omp_sched_dynamic && chunk == 1, "%x,%d", (unsigned)kind, chunk);
    return 0;
}
