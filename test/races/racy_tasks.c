/* A race: the second task does not wait for the first, because it names another variable. */
#include <unistd.h>
static int x, y;

int main(void)
{
#pragma omp parallel
#pragma omp single
    for (int i = 0; i < 20; i++) {
#pragma omp task depend(out : x)
        {
            usleep(100);
            x = i;
        }
#pragma omp task depend(out : y)
        {
            usleep(100);
            x++;
        }
    }
    return 0;
}
