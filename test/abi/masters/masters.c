/* Any thread may be a master: many at once, and thousands that come and go. */
#include "../check.h"
#include <pthread.h>

static void *master(void *result)
{
    for (int round = 0; round < 50; round++) {
        long sum = 0;
#pragma omp parallel for reduction(+ : sum) schedule(dynamic, 10)
        for (long i = 0; i < 200; i++)
            sum += i;
        CHECK(sum == 19900, "%ld", sum);
#pragma omp parallel
#pragma omp single
        for (int i = 0; i < 10; i++)
#pragma omp task shared(sum)
#pragma omp atomic
            sum++;
        CHECK(sum == 19910, "tasks: %ld", sum);
    }
    *(int *)result = 1;
    return NULL;
}

static void *brief(void *result)
{
    int n = 0;
#pragma omp parallel reduction(+ : n) num_threads(2)
    n++;
    *(int *)result = n;
    return NULL;
}

int main(void)
{
    enum { many = 8 };
    pthread_t threads[many];
    int results[many] = {0};
    for (int i = 0; i < many; i++)
        CHECK(pthread_create(&threads[i], NULL, master, &results[i]) == 0, "thread %d", i);
    for (int i = 0; i < many; i++) {
        pthread_join(threads[i], NULL);
        CHECK(results[i] == 1, "master %d", i);
    }
    for (int i = 0; i < 1000; i++) {
        int n = 0;
        CHECK(pthread_create(&threads[0], NULL, brief, &n) == 0, "thread %d", i);
        pthread_join(threads[0], NULL);
        CHECK(n == 2, "%d threads", n);
    }
    return 0;
}
