/*
 * A program of gcc's with a library of Clang's (by_clang.c): both run on one runtime and its
 * one pool of threads.
 */
#include <omp.h>
#include <stdio.h>
#include <string.h>

int by_clang(omp_lock_t *lock, int *sum, int n);
int level_by_clang(void);

/* OS threads of the process. */
static int os_threads(void)
{
    char line[256];
    int count = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        sscanf(line, "Threads: %d", &count);
    if (status)
        fclose(status);
    return count;
}

/* Files with an OpenMP runtime that are mapped, each counted once. */
static int runtimes(void)
{
    char line[4096], last[4096] = "";
    int count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        char *name = strrchr(line, '/');
        if (name && (strstr(name, "omp")) && !strstr(name, "two_compilers") &&
            !strstr(name, "by_clang") && strcmp(name, last) != 0) {
            strcpy(last, name);
            count++;
        }
    }
    if (maps)
        fclose(maps);
    return count;
}

int main(void)
{
    /* At least as large as Clang's. */
    union { omp_lock_t lock; void *word; } both;
    int sum = 0, size, level = -1;

    omp_init_lock(&both.lock);
    omp_set_dynamic(0);
    omp_set_num_threads(3);
    size = by_clang(&both.lock, &sum, 1000);
#pragma omp parallel
    {
#pragma omp for
        for (int i = 0; i < 1000; i++) {
            omp_set_lock(&both.lock);
            sum++;
            omp_unset_lock(&both.lock);
        }
    }
    omp_set_max_active_levels(2);
#pragma omp parallel num_threads(2)
    if (omp_get_thread_num() == 1)
        level = level_by_clang();
    printf("team %d sum %d level %d runtimes %d ", size, sum, level, runtimes());
    /* Two pools would have more. */
    printf("threads %s\n", os_threads() <= 4 ? "shared" : "apart");
    return 0;
}
