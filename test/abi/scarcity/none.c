/*
 * With no memory at all, regions (also at the exit) get teams of one, or end the program
 * with one sentence and libgomp's status.
 * sizes: 4
 * unwatched: valgrind and LeakSanitizer need what is scarce here
 */
#include "../check.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void region(int size, int most)
{
    int n = 0;
#pragma omp parallel num_threads(size) reduction(+ : n)
    n++;
    CHECK(n >= 1 && n <= most, "%d threads", n);
}

/* Visible from outside, so that no compiler removes allocations that nobody frees. */
static void *volatile held;

static void last(void) { region(50, 1); }

static void exhaust(int most)
{
    struct rlimit limit = {1UL << 31, 1UL << 31};
    atexit(last);
    region(1, 1);
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit");
    for (size_t size = 1UL << 30; size >= 4096; size /= 2)
        while (mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) !=
               MAP_FAILED)
            ;
    for (size_t size = 1UL << 20; size >= 16; size /= 2)
        while ((held = malloc(size)))
            ;
    for (int i = 0; i < 1000; i++)
        region(2 + i % most, 1);
}

int main(void)
{
    for (int most = 1; most < 1000; most *= 4) {
        pid_t child = fork();
        if (child == 0) {
            exhaust(most);
            exit(0);
        }
        int status;
        CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) <= 1,
              "%d threads: %x", most, status);
    }
    return 0;
}
