/* sections: each once, with and without nowait, and combined. */
#include "../check.h"

int main(void)
{
    for (int round = 0; round < 1000; round++) {
        int a = 0, b = 0, c = 0, last = 0;
#pragma omp parallel sections
        {
#pragma omp section
            a++;
#pragma omp section
            b++;
#pragma omp section
            c++;
        }
        CHECK(a == 1 && b == 1 && c == 1, "%d %d %d", a, b, c);
#pragma omp parallel
        {
#pragma omp sections nowait
            {
#pragma omp section
#pragma omp atomic
                a++;
#pragma omp section
#pragma omp atomic
                a++;
            }
#pragma omp sections lastprivate(last)
            {
#pragma omp section
                last = 1;
#pragma omp section
                last = 2;
#pragma omp section
                last = 3;
#pragma omp section
                last = 4;
            }
        }
        CHECK(a == 3 && last == 4, "a %d, last %d", a, last);
    }
    return 0;
}
