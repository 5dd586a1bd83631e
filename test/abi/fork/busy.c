/*
 * A thread, which may or may not have used OpenMP, forks again and again. Meanwhile others
 * open regions, make and steal tasks, start and end, set formats, make allocators. The child
 * does some or all of a program's work. An argument is the number of forks. (ours only:
 * libgomp's child hangs)
 * sizes: 2 4
 * stress: 10000
 * unwatched: what regions of the parent used is nobody's in the child
 */
#include "child.h"
#include <pthread.h>

enum { ALLOCATIONS = 20 };

static int team;
static volatile int over;

/* Everything except constructs that has a lock or is made at its first use. */
static void routines(void)
{
    char text[64];
    omp_set_affinity_format("%n %N %i");
    omp_capture_affinity(text, sizeof text, NULL);
    omp_get_affinity_format(text, sizeof text);
    void *block[ALLOCATIONS];
    omp_alloctrait_t traits[] = {{omp_atk_pool_size, 1 << 16}, {omp_atk_alignment, 128}};
    omp_allocator_handle_t pool = omp_init_allocator(omp_default_mem_space, 2, traits);
    for (int i = 0; i < ALLOCATIONS; i++)
        block[i] = omp_alloc(100 * i, pool);
    for (int i = 0; i < ALLOCATIONS; i++)
        omp_free(block[i], pool);
    omp_destroy_allocator(pool);
    omp_lock_t lock;
    omp_init_lock(&lock);
    omp_set_lock(&lock);
    omp_unset_lock(&lock);
    omp_destroy_lock(&lock);
    CHECK(omp_get_num_procs() > 0 && omp_get_max_threads() > 0, "no processors");
    omp_set_schedule(omp_sched_guided, 3);
    omp_set_num_threads(team);
}

static void *born(void *unused)
{
    (void)unused;
#pragma omp parallel num_threads(2)
    {
#pragma omp task
        (void)omp_get_thread_num();
    }
    return NULL;
}

static void *busy(void *kind)
{
    while (!over)
        switch ((intptr_t)kind) {
        case 0:
#pragma omp parallel num_threads(team)
        {
#pragma omp for schedule(dynamic) nowait
            for (int i = 0; i < 50; i++)
                ;
            int x = 0;
            for (int i = 0; i < 60; i++) {
                char large[400] = {0};
#pragma omp task depend(inout : x) shared(x) firstprivate(large)
                x += large[i];
#pragma omp task
                x += 0;
            }
#pragma omp taskwait
        }
        break;
        case 1: {
            pthread_t thread[3];
            for (int i = 0; i < 3; i++)
                CHECK(pthread_create(&thread[i], NULL, born, NULL) == 0, "pthread_create");
            for (int i = 0; i < 3; i++)
                pthread_join(thread[i], NULL);
            break;
        }
        case 2:
            routines();
            break;
        case 3:
#pragma omp parallel num_threads(2)
#pragma omp single
            fib(7);
            break;
        }
    return NULL;
}

static void child(int i)
{
    if (i % 32 == 0)
        everything(team);
    else
        little(team);
}

int main(int argc, char **argv)
{
    int forks = argc > 1 ? atoi(argv[1]) : 40;
    alarm(PATIENCE + forks / 10);
    team = omp_get_max_threads();
    pthread_t thread[4];
    for (intptr_t i = 0; i < 4; i++)
        CHECK(pthread_create(&thread[i], NULL, busy, (void *)i) == 0, "pthread_create");
    for (int i = 0; i < forks; i++) {
        pid_t pid = -1;
        switch (i % 5) {
        case 0:
            pid = forked();
            break;
        case 1: /* in a region, by any member */
#pragma omp parallel num_threads(team) shared(pid)
            if (omp_get_thread_num() == i / 5 % team) {
                pid = forked();
                if (pid == 0) {
                    child(i);
                    _exit(0);
                }
            }
            break;
        case 2: /* in a task that anybody may have taken */
#pragma omp parallel num_threads(team)
#pragma omp single nowait
#pragma omp task shared(pid)
            {
                pid = forked();
                if (pid == 0) {
                    child(i);
                    _exit(0);
                }
            }
            break;
        case 3: { /* in a dependent task of many */
            int x = 0;
#pragma omp parallel num_threads(team) shared(pid)
#pragma omp single
            for (int k = 0; k < 10; k++)
#pragma omp task depend(inout : x) shared(x, pid)
                if (++x == 6) {
                    pid = forked();
                    if (pid == 0) {
                        child(i);
                        _exit(0);
                    }
                }
            break;
        }
        case 4: /* the child returns from the region and the task */
#pragma omp parallel num_threads(team) shared(pid)
        {
#pragma omp master
#pragma omp task if (0) shared(pid)
            pid = forked();
#pragma omp barrier
        }
        }
        if (pid == 0) {
            child(i);
            routines();
            _exit(0);
        }
        reap(pid);
    }
    over = 1;
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
