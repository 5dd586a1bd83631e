/*
 * A program that starts GHC, and that ends while the regions of its threads call
 * Haskell again and again.
 *
 *     ends export|closure|dense|body CAPABILITIES exit|return|unwaited|booted
 *
 * The first argument says how they call it: by a foreign export, by a closure (also a
 * dense one), or as a region whose body is Haskell.  The last one says how the program
 * ends: hs_exit and then exit(3); hs_exit and then a return of 3 from main;
 * hs_exit_nowait and then exit(3); or exit(3) alone, where the first region has started
 * GHC.  (If a thread calls a foreign export after the end, GHC's stub says so and exits
 * with status 1.)
 */
#include "ghcomp_ghc.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

long ends_export(long n);
void ends_closure(void), ends_dense(void), ends_body(void);
void hs_init_with_rtsopts(int *argc, char ***argv), hs_exit(void), hs_exit_nowait(void);

static long calls;

void kernel(long (*f)(long))
{
#pragma omp parallel for num_threads(3) schedule(dynamic)
    for (long i = 0; i < 100; i++) {
        /* The functions never answer 0; a closure does after the end. */
        if (f(i) > 0)
            __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
    }
}

void counted(void)
{
    __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
}

static void exported(void)
{
    kernel(ends_export);
}

static void *live(void *run)
{
    for (;;)
        ((void (*)(void))run)();
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    int booted = strcmp(argv[3], "booted") == 0;
    char name[] = "ends", rts[] = "+RTS", size[16], end[] = "-RTS";
    snprintf(size, sizeof size, "-N%s", argv[2]);
    char *arguments[] = {name, rts, size, end, NULL}, **args = arguments;
    int count = 4;
    if (booted) {
        setenv("OMP_NUM_THREADS", argv[2], 1);
        ghcomp_ghc_boots();
#pragma omp parallel
        ends_export(1);
    } else {
        hs_init_with_rtsopts(&count, &args);
    }

    void (*run)(void) = strcmp(argv[1], "export") == 0    ? exported
                        : strcmp(argv[1], "closure") == 0 ? ends_closure
                        : strcmp(argv[1], "dense") == 0   ? ends_dense
                                                          : ends_body;
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, live, (void *)run);
        pthread_detach(thread);
    }
    while (__atomic_load_n(&calls, __ATOMIC_RELAXED) < 1000)
        usleep(1000);
    /* The length varies, so that the end meets the threads in any state. */
    usleep(getpid() % 10 * 1000);
    if (strcmp(argv[3], "unwaited") == 0)
        hs_exit_nowait();
    else if (!booted)
        hs_exit();
    if (strcmp(argv[3], "return") == 0)
        return 3;
    exit(3);
}
