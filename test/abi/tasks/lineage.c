/*
 * Random deep trees of tasks, with waits and groups here and there. Each task runs once,
 * and a wait sees everything that it waits for. Memory freed too early, or tasks counted
 * twice, show as failures. Argument: rounds.
 * stress: 300
 */
#include "../check.h"

static long made, run;
static int storage;

static unsigned next(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A task of the tree. `left` levels remain below it, and `width` is its share of tasks. */
static void grow(unsigned state, int left, int width)
{
    int own = 0;

    __atomic_add_fetch(&run, 1, __ATOMIC_RELAXED);
    if (left == 0)
        return;
    int leaves = next(&state) % 3, links = width > 1 && next(&state) % 16 == 0 ? 2 : 1;
    for (int i = 0; i < leaves; i++) {
        __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
#pragma omp task
        __atomic_add_fetch(&run, 1, __ATOMIC_RELAXED);
    }
    int waits = next(&state) % 64;
    for (int i = 0; i < links; i++) {
        unsigned seed = state + i;
        int share = width / links;

        __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
        switch (next(&state) % 4) {
        case 0:
#pragma omp task untied firstprivate(seed, left, share)
            grow(seed, left - 1, share);
            break;
        case 1:
#pragma omp task firstprivate(seed, left, share) depend(inout : storage)
            grow(seed, left - 1, share);
            break;
        default:
#pragma omp task firstprivate(seed, left, share)
            grow(seed, left - 1, share);
        }
    }
    if (waits == 0) {
#pragma omp task shared(own)
        own++;
#pragma omp taskwait
        CHECK(own == 1, "%d", own);
    } else if (waits == 1) {
#pragma omp taskgroup
        {
#pragma omp task shared(own)
#pragma omp task shared(own)
            own++;
        }
        CHECK(own == 1, "%d", own);
    } else if (waits < 6) {
        for (volatile int i = 0; i < 200; i++)
            ;
    }
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 6;

    if (argc > 1)
        alarm(0);
    for (int round = 0; round < rounds; round++) {
        made = run = 0;
#pragma omp parallel
#pragma omp single
        {
            made = 1;
            grow(round * 7919u, 3000, 8);
        }
        CHECK(made == run, "round %d: %ld made, %ld run", round, made, run);
    }
    return 0;
}
