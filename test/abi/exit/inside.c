/* ours only: libgomp's threads wait for a thread that has ended.
 *
 * A thread that ends in the body of its region stays until the region ends, because the
 * others read the region's data on its stack.
 */
#include "../check.h"
#include <omp.h>
#include <pthread.h>
#include <unistd.h>

enum { WORDS = 500 };
static int seen;

/* After the join its stack is gone or cleared. */
static void *end_inside(void *unused)
{
    long words[WORDS];
    int size = 0;
    for (int i = 0; i < WORDS; i++)
        words[i] = i;
#pragma omp parallel shared(words, size)
    {
#pragma omp single
        size = omp_get_num_threads();
        if (omp_get_thread_num() == 0)
            pthread_exit(&seen);
        usleep(1000);
        int right = 1;
        for (int i = 0; i < WORDS; i++)
            right &= words[i] == i;
#pragma omp atomic
        seen += right && size == omp_get_num_threads();
    }
    return unused;
}

int main(void)
{
    for (int round = 0; round < 20; round++) {
        pthread_t thread;
        void *result;
        seen = 0;
        CHECK(pthread_create(&thread, NULL, end_inside, NULL) == 0, "thread");
        CHECK(pthread_join(thread, &result) == 0, "join");
        CHECK(result == &seen, "result");
        CHECK(seen == omp_get_max_threads() - 1, "%d in round %d", seen, round);
    }
    /* Other regions can use the workers. */
    int threads = 0;
#pragma omp parallel reduction(+ : threads)
    threads++;
    CHECK(threads == omp_get_max_threads(), "%d threads", threads);
    return 0;
}
