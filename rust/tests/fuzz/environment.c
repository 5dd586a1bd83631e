/*
 * A small program that must run with any environment.  With a file as its argument it
 * runs itself again, with the strings of the file (a NUL after each) as its environment.
 */
#define _GNU_SOURCE
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void launch(char *self, const char *name)
{
    /* Bytes that may be mapped: enough for some threads, and not for all that is
       asked for. */
    struct rlimit space = { 4ul << 30, 4ul << 30 };
    FILE *file = fopen(name, "r");
    if (!file || setrlimit(RLIMIT_AS, &space))
        exit(90);
    size_t size = 0;
    char *text = NULL, *strings[1000];
    int count = 0;
    while (getdelim(&text, &size, 0, file) > 0 && count < 999) {
        strings[count++] = text;
        text = NULL;
        size = 0;
    }
    strings[count] = NULL;
    alarm(100);
    execve(self, (char *[]) { self, NULL }, strings);
    exit(91);
}

int main(int count, char **arguments)
{
    if (count > 1)
        launch(arguments[0], arguments[1]);
    long sum = 0;
    /* No more threads than a test may have. */
    int limit = omp_get_max_threads() <= 16 ? omp_get_max_threads() : 4;
    for (int round = 0; round < 2; round++) {
        #pragma omp parallel for num_threads(limit) schedule(runtime) reduction(+: sum)
        for (int i = 0; i < 100; i++)
            sum += i;
        #pragma omp parallel num_threads(2) proc_bind(spread)
        #pragma omp parallel num_threads(2)
        #pragma omp single
        {
            #pragma omp task priority(3)
            {
                #pragma omp atomic
                sum += 0;
            }
        }
    }
    omp_free(omp_alloc(100, omp_null_allocator), omp_null_allocator);
    char text[100];
    omp_capture_affinity(text, sizeof text, NULL);
    omp_sched_t kind;
    int chunk;
    omp_get_schedule(&kind, &chunk);
    if (sum != 9900)
        return 92;
    return 0;
}
