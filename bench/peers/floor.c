/*
 * The machine's own floor: the round trip of a cache line between two cores. Two
 * pinned threads answer each other through one flag; no OpenMP in it. With one
 * core there is no such thing, and no row.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "rows.h"

enum { TRIPS = 20000, ROUNDS = 15 };

static _Alignas(128) atomic_long ball;

static void pinned(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

/* turns each odd number into the next even one */
static void *answer(void *core)
{
    pinned(*(int *)core);
    for (long i = 1; i < 2L * TRIPS * ROUNDS; i += 2) {
        while (atomic_load_explicit(&ball, memory_order_acquire) != i)
            ;
        atomic_store_explicit(&ball, i + 1, memory_order_release);
    }
    return NULL;
}

int main(void)
{
    cpu_set_t mine;
    int cores[2], found = 0;
    if (sched_getaffinity(0, sizeof mine, &mine))
        return 1;
    for (int i = 0; i < CPU_SETSIZE && found < 2; i++)
        if (CPU_ISSET(i, &mine))
            cores[found++] = i;
    if (found < 2)
        return 0;
    pthread_t other;
    if (pthread_create(&other, NULL, answer, &cores[1]))
        return 1;
    pinned(cores[0]);
    double samples[ROUNDS];
    long i = 1;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (int trip = 0; trip < TRIPS; trip++, i += 2) {
            atomic_store_explicit(&ball, i, memory_order_release);
            while (atomic_load_explicit(&ball, memory_order_acquire) != i + 1)
                ;
        }
        samples[round] = (now() - start) / TRIPS;
    }
    pthread_join(other, NULL);
    row("round trip", median(samples, ROUNDS));
    return 0;
}
