/*
 * Regions in which random threads cancel random constructs at random times:
 * no iteration runs twice, all threads get to the region's end, tasks run once
 * or not at all, and the next region is sane.  An argument is the number of
 * rounds.
 * env: OMP_CANCELLATION=true
 * stress: 2000
 */
#include "../check.h"

enum { ITERATIONS = 64, TASKS = 24 };

static int team, hits[ITERATIONS], tasks[16][TASKS], passed;

static unsigned random_of(unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    return *state >> 16;
}

static void pause_of(unsigned r)
{
    if (r % 8 == 0)
        usleep(r % 50);
    else
        for (volatile unsigned i = 0; i < r % 512; i++)
            ;
}

/* Some barriers, loops and tasks; `who` cancels the region at step `when`. */
static void region(unsigned seed)
{
    int who = seed % team, when = seed / 16 % 8;
    int passed = 0;
#pragma omp parallel
    {
        int me = omp_get_thread_num();
        unsigned r = seed + 7919u * me;
        int step = 0;
#define STEP                                                                             \
    pause_of(random_of(&r));                                                             \
    if (step++ == when && me == who) {                                                   \
        _Pragma("omp cancel parallel")                                                   \
    }
        STEP
#pragma omp barrier
        STEP
#pragma omp for schedule(dynamic, 2) nowait
        for (int i = 0; i < ITERATIONS; i++)
            hits[i]++;
        STEP
        for (int i = 0; i < TASKS; i++)
#pragma omp task firstprivate(i, me)
        {
#pragma omp atomic
            tasks[me][i]++;
        }
        STEP
#pragma omp barrier
        STEP
#pragma omp single nowait
        pause_of(random_of(&r));
#pragma omp sections
        {
#pragma omp section
            pause_of(seed);
#pragma omp section
            pause_of(seed + 1);
        }
        STEP
#pragma omp for schedule(static) reduction(+ : passed)
        for (int i = 0; i < ITERATIONS; i++)
            passed++;
        STEP
#pragma omp cancellation point parallel
        STEP
#pragma omp barrier
#pragma omp master
        CHECK(0, "seed %u: all passed", seed);
    }
    CHECK(passed >= 0 && passed <= ITERATIONS, "%d", passed);
    for (int i = 0; i < ITERATIONS; i++) {
        CHECK(hits[i] <= 1, "seed %u: iteration %d ran %d times", seed, i, hits[i]);
        hits[i] = 0;
    }
    for (int t = 0; t < team; t++)
        for (int i = 0; i < TASKS; i++) {
            CHECK(tasks[t][i] <= 1, "seed %u: task %d of %d ran %d times", seed, i, t,
                  tasks[t][i]);
            tasks[t][i] = 0;
        }
}

static void loops(unsigned seed)
{
    int stop = seed % ITERATIONS;
#pragma omp parallel
    {
        unsigned r = seed + 7919u * omp_get_thread_num();
#pragma omp for schedule(dynamic)
        for (int i = 0; i < ITERATIONS; i++) {
            hits[i]++;
            pause_of(random_of(&r));
#pragma omp cancel for if (i == stop)
        }
#pragma omp for
        for (int i = 0; i < ITERATIONS; i++) {
#pragma omp cancellation point for
#pragma omp atomic
            passed++;
        }
#pragma omp for schedule(guided)
        for (int i = 0; i < ITERATIONS; i++) {
#pragma omp cancel for if (i == stop)
#pragma omp cancellation point for
            pause_of(random_of(&r));
        }
#pragma omp sections
        {
#pragma omp section
            {
                pause_of(seed);
#pragma omp cancel sections if (stop % 2)
            }
#pragma omp section
            {
#pragma omp cancellation point sections
                pause_of(seed + 3);
            }
        }
    }
    CHECK(passed == ITERATIONS, "seed %u: %d", seed, passed);
    passed = 0;
    for (int i = 0; i < ITERATIONS; i++) {
        CHECK(hits[i] <= 1, "seed %u: iteration %d ran %d times", seed, i, hits[i]);
        hits[i] = 0;
    }
}

static void groups(unsigned seed)
{
    int stop = seed % TASKS;
#pragma omp parallel
    {
        int me = omp_get_thread_num();
        unsigned r = seed + 7919u * me;
#pragma omp taskgroup
        for (int i = 0; i < TASKS; i++)
#pragma omp task firstprivate(i, me, r)
        {
#pragma omp cancellation point taskgroup
#pragma omp atomic
            tasks[me][i]++;
            pause_of(r * i);
#pragma omp task firstprivate(i, me)
            {
#pragma omp atomic
                tasks[me][i]++;
#pragma omp cancel taskgroup if (i == stop)
            }
#pragma omp cancel taskgroup if (i == stop + 1)
        }
    }
    for (int t = 0; t < team; t++)
        for (int i = 0; i < TASKS; i++) {
            CHECK(tasks[t][i] <= 2, "seed %u: task %d of %d ran %d times", seed, i, t,
                  tasks[t][i]);
            tasks[t][i] = 0;
        }
}

static void is_sane(unsigned seed)
{
    int threads = 0, sum = 0;
#pragma omp parallel reduction(+ : threads)
    {
        threads++;
#pragma omp for schedule(dynamic, 5)
        for (int i = 0; i < ITERATIONS; i++)
            hits[i]++;
#pragma omp for schedule(guided) reduction(+ : sum)
        for (int i = 0; i < ITERATIONS; i++) {
            sum += hits[i];
            hits[i] = 0;
        }
        CHECK(sum == ITERATIONS, "seed %u: %d", seed, sum);
#pragma omp task
#pragma omp atomic
        passed++;
    }
    CHECK(threads == team && passed == team, "seed %u: %d, %d", seed, threads, passed);
    passed = 0;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 60;
    unsigned seed = 1;

    team = omp_get_max_threads();
    for (int round = 0; round < rounds; round++) {
        alarm(PATIENCE);
        random_of(&seed);
        region(seed >> 8);
        if (seed & 256)
            is_sane(seed);
        loops(seed >> 8);
        groups(seed >> 8);
        if (seed & 512)
            is_sane(seed);
    }
    return 0;
}
