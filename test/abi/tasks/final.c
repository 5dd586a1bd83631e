/* Final tasks run on other threads too; what they create is included. */
#include "../check.h"

int main(void)
{
    int threads = omp_get_max_threads();
    int elsewhere = 0, wrong = 0;

#pragma omp parallel
#pragma omp single
    {
        int creator = omp_get_thread_num();
        for (int i = 0; i < 100; i++) {
#pragma omp task final(i >= 0) shared(elsewhere, wrong)
            {
                int mine = omp_get_thread_num();
                if (mine != creator) {
#pragma omp atomic write
                    elsewhere = 1;
                }
                int bad = !omp_in_final();
#pragma omp task shared(bad)
                bad += omp_get_thread_num() != mine || !omp_in_final();
                if (bad) {
#pragma omp atomic
                    wrong += bad;
                }
            }
        }
        /* The creator waits outside of any task scheduling point. */
        int seen = threads == 1;
        for (double end = omp_get_wtime() + 20; !seen && omp_get_wtime() < end; usleep(100)) {
#pragma omp atomic read
            seen = elsewhere;
        }
        CHECK(seen, "no final task has left its creator");
    }
    CHECK(wrong == 0, "%d", wrong);
    return 0;
}
