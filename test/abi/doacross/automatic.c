/*
 * schedule(runtime) when the schedule is auto, set where OMP_SCHEDULE has left a
 * chunk size: iterations come in blocks, and each waits for the one before it.
 *
 * env: OMP_SCHEDULE=dynamic,2
 */
#include "../check.h"

int main(void)
{
    for (int round = 0; round < 20; round++) {
        int sums[40][3] = { 0 };
        #pragma omp parallel
        {
            omp_set_schedule(omp_sched_auto, 0);
            #pragma omp for ordered(2) schedule(runtime)
            for (int i = 0; i < 40; i++)
                for (int j = 0; j < 3; j++) {
                    #pragma omp ordered depend(sink: i - 1, j) depend(sink: i, j - 1)
                    sums[i][j] = 1 + (i > 0 ? sums[i - 1][j] : 0) + (j > 0 ? sums[i][j - 1] : 0);
                    #pragma omp ordered depend(source)
                }
        }
        for (int i = 1; i < 40; i++)
            CHECK(sums[i][0] == i + 1 && sums[i][2] == 1 + sums[i - 1][2] + sums[i][1], "%d: %d", i,
                  sums[i][2]);
    }
    return 0;
}
