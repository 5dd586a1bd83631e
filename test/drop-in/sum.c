/* A plain program of OpenMP's: a loop, a task, the user API. */
#include <omp.h>
#include <stdio.h>

int main(void)
{
    long sum = 0;
    int tasks = 0;
#pragma omp parallel for reduction(+ : sum) schedule(dynamic)
    for (int i = 0; i < 1000; i++)
        sum += i;
#pragma omp parallel
#pragma omp single
#pragma omp task shared(tasks)
    tasks++;
    if (sum != 499500 || tasks != 1 || omp_get_max_threads() < 1) {
        fprintf(stderr, "%ld %d\n", sum, tasks);
        return 1;
    }
    return 0;
}
