/* A race: the two names of `critical` do not exclude each other. The threads sleep within,
 * because Archer's own lock orders sections that do not overlap. */
#include <omp.h>
#include <unistd.h>
static int x;

int main(void)
{
#pragma omp parallel
    for (int i = 0; i < 20; i++) {
        if (omp_get_thread_num() % 2 == 0) {
#pragma omp critical(one)
            {
                usleep(200);
                x++;
            }
        } else {
#pragma omp critical(two)
            {
                usleep(200);
                x++;
            }
        }
    }
    return x == 0;
}
