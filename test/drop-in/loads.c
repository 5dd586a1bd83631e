/* Loads the library that its argument names, from a thread that is not the
 * first, uses it there and in others, closes it, and goes on. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef void region(void (*)(void *), void *, unsigned, unsigned);

static const char *path;
static region *parallel;

static void count(void *counter)
{
    __atomic_fetch_add((int *)counter, 1, __ATOMIC_RELAXED);
}

static void *regions(void *unused)
{
    for (int round = 0; round < 1000; round++) {
        int counter = 0;
        parallel(count, &counter, 4, 0);
        if (counter != 4) {
            fprintf(stderr, "%d threads\n", counter);
            exit(1);
        }
    }
    return unused;
}

static void *loads(void *unused)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library || !(parallel = (region *)dlvsym(library, "GOMP_parallel", "GOMP_4.0"))) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, regions, NULL);
    regions(NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    dlclose(library);
    return unused;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    path = argv[1];
    for (int round = 0; round < 3; round++) {
        pthread_t thread;
        pthread_create(&thread, NULL, loads, NULL);
        pthread_join(thread, NULL);
        usleep(20000); /* for the pool to fall asleep, with nobody holding the library */
    }
    return 0;
}
