/* Without OMP_CANCELLATION nothing is cancelled. */
#include "../check.h"

int main(void)
{
    int team = omp_get_max_threads(), count = 0;

    CHECK(omp_get_cancellation() == 0, "%d", omp_get_cancellation());
#pragma omp parallel
    {
#pragma omp cancel parallel
#pragma omp barrier
#pragma omp cancellation point parallel
#pragma omp for
        for (int i = 0; i < 100; i++) {
#pragma omp cancel for
#pragma omp atomic
            count++;
        }
#pragma omp sections
        {
#pragma omp section
            {
#pragma omp cancel sections
#pragma omp atomic
                count++;
            }
        }
#pragma omp taskgroup
#pragma omp task
        {
#pragma omp cancel taskgroup
#pragma omp atomic
            count++;
        }
    }
    CHECK(count == 101 + team, "%d", count);
    return 0;
}
