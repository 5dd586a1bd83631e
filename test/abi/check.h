/*
 * What the programs of test/abi share: a check that says what differed, and an
 * alarm so that a hang is a failure.  Each program takes its team size from
 * OMP_NUM_THREADS and says nothing when all is right.
 */
#ifndef CHECK_H
#define CHECK_H

#include <limits.h>
#include <stdint.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition, ...)                                                            \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);              \
            fprintf(stderr, __VA_ARGS__);                                                \
            fputc('\n', stderr);                                                         \
            _exit(1);                                                                    \
        }                                                                                \
    } while (0)

/* In seconds. */
#ifndef PATIENCE
#define PATIENCE 60
#endif

__attribute__((constructor)) static void watch_the_clock(void)
{
    alarm(PATIENCE);
}

#endif
