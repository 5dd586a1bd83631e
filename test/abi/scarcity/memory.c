/*
 * A task's data do not fit into any memory: one sentence, and libgomp's status.
 * sizes: 2 4
 * fails: 1 Out of memory allocating
 * unwatched: valgrind and LeakSanitizer need what is scarce here
 */
#include "../check.h"
#include <sys/resource.h>

void GOMP_task(void (*)(void *), void *, void (*)(void *, void *), long, long, bool, unsigned, void **, int, void *);

static void body(void *unused) { (void)unused; }

int main(void)
{
    struct rlimit limit = {1UL << 31, 1UL << 31};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit");
    char data[64] = "";
#pragma omp parallel
#pragma omp single
    GOMP_task(body, data, NULL, 1L << 31, 8, true, 0, NULL, 0, NULL);
    return 0;
}
