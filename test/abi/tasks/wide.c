/*
 * One task makes any number of others. Neither the waiting tasks nor the memory of the
 * finished ones grow with their number. Argument: tasks of each kind.
 * env: OMP_MAX_TASK_PRIORITY=5
 * stress: 3000000
 */
#include "../check.h"
#include "../resident.h"

static long tasks = 50000;
static long done;
static int storage, other;

static void count(void)
{
    __atomic_add_fetch(&done, 1, __ATOMIC_RELAXED);
}

#define PRAGMA(text) _Pragma(#text)
#define TASK(directive) PRAGMA(omp directive)
#define WIDE(name, clauses)                                                              \
    static void name(void)                                                               \
    {                                                                                    \
        TASK(task clauses)                                                               \
        {                                                                                \
            count();                                                                     \
        }                                                                                \
    }

WIDE(plain, )
WIDE(untied, untied)
WIDE(undeferred, if (0))
WIDE(final, final(1))
WIDE(important, priority(2))
WIDE(writing, depend(out : storage))
WIDE(reading, depend(in : storage))
WIDE(reading_two, depend(in : storage, other))
WIDE(excluding, depend(mutexinoutset : storage))
WIDE(reading_undeferred, if (0) depend(in : storage))

static void reading_and_waiting(void)
{
    reading();
#pragma omp taskwait depend(out : storage)
}

static void nested(void)
{
#pragma omp task
    {
#pragma omp task depend(in : storage)
#pragma omp task
        count();
    }
}

static void detached(void)
{
    omp_event_handle_t event;

#pragma omp task detach(event) depend(in : storage)
    {
        count();
        omp_fulfill_event(event);
    }
}

static const struct {
    const char *name;
    void (*make)(void);
} kinds[] = {
    {"plain", plain},
    {"untied", untied},
    {"undeferred", undeferred},
    {"final", final},
    {"important", important},
    {"writing", writing},
    {"reading", reading},
    {"reading two", reading_two},
    {"excluding", excluding},
    {"reading, undeferred", reading_undeferred},
    {"reading and waiting", reading_and_waiting},
    {"nested", nested},
    {"detached", detached},
};

/* Makes all of them. The first tenth is the warm-up. */
static void make_all(int kind)
{
    /* A creator does not wait for a thread that has lost its processor (4692 kB were seen). */
    long before = 0, most = tasks > 1000000 ? 32768 : 8192;

    for (long i = 0; i < tasks; i++) {
        if (i == tasks / 10)
            before = resident_kb();
        kinds[kind].make();
    }
#pragma omp taskwait
    long grown = resident_kb() - before;
    CHECK(grown < most, "%s: grew by %ld kB", kinds[kind].name, grown);
}

/* A producer so deep in the tree and on the stack that its tasks are deferred. */
static void deep(int kind, int levels)
{
    if (levels == 0) {
        make_all(kind);
        return;
    }
#pragma omp task
    deep(kind, levels - 1);
#pragma omp taskwait
}

static void check(int kind, const char *where)
{
    CHECK(done == tasks, "%s %s: %ld tasks", kinds[kind].name, where, done);
    done = 0;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        alarm(0);
        tasks = atol(argv[1]);
    }
    for (int kind = 0; kind < (int)(sizeof kinds / sizeof *kinds); kind++) {
#pragma omp parallel
#pragma omp single
        make_all(kind);
        check(kind, "in a region");
        make_all(kind);
        check(kind, "outside of regions");
#pragma omp parallel
#pragma omp single
        deep(kind, 300);
        check(kind, "deep on the stack");
    }

    /* Region after region, each with readers that no writer follows. */
    long before = 0;
    for (int region = 0; region < tasks / 10; region++) {
        if (region == tasks / 100)
            before = resident_kb();
#pragma omp parallel
        {
#pragma omp task depend(in : storage)
            count();
        }
    }
    long grown = resident_kb() - before;
    CHECK(grown < 4096, "regions: grew by %ld kB", grown);
    return 0;
}
