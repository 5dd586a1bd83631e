/*
 * Chains of tasks of each kind, each task of which creates the next: neither the
 * stack nor the memory grows with a chain's length. Argument: links of a chain.
 * env: OMP_MAX_TASK_PRIORITY=5
 * stress: 3000000
 */
#include "../check.h"
#include "../resident.h"

/* Links of a chain. The first hundredth of them is the warm-up. */
static long links = 100000;
static long done;
static long before;

static void count(void)
{
    char frame[256];

    __asm__ volatile("" : : "r"(frame) : "memory");
    if (__atomic_add_fetch(&done, 1, __ATOMIC_RELAXED) == links / 100)
        before = resident_kb();
}

#define CHAIN(name, clauses, ...)                                                        \
    static int storage_##name;                                                           \
    static void name(long left)                                                          \
    {                                                                                    \
        (void)storage_##name;                                                            \
        count();                                                                         \
        if (left <= 1)                                                                   \
            return;                                                                      \
        TASK(task clauses firstprivate(left))                                            \
        {                                                                                \
            name(left - 1);                                                              \
        }                                                                                \
        __VA_ARGS__;                                                                     \
    }
#define TASK(directive) PRAGMA(omp directive)
#define PRAGMA(text) _Pragma(#text)

CHAIN(plain, )
CHAIN(untied, untied)
CHAIN(mergeable, mergeable)
CHAIN(in_order, depend(inout : storage_in_order))
CHAIN(reading, depend(in : storage_reading))
CHAIN(important, priority(3))
CHAIN(important_untied, priority(1) untied depend(mutexinoutset : storage_important_untied))

static void yielding(long left)
{
    count();
    if (left <= 1)
        return;
#pragma omp task firstprivate(left)
    yielding(left - 1);
#pragma omp taskyield
}

static void looping(long left)
{
    count();
    if (left <= 1)
        return;
#pragma omp taskloop nogroup num_tasks(1) firstprivate(left)
    for (int i = 0; i < 1; i++)
        looping(left - 1);
}

static void detached(long left)
{
    omp_event_handle_t event;

    count();
    if (left <= 1)
        return;
#pragma omp task detach(event) firstprivate(left)
    {
        detached(left - 1);
        omp_fulfill_event(event);
    }
}

/* Each link also creates tasks that are no links, before and after the next one. */
static void with_leaves(long left)
{
    count();
    for (int i = 0; i < 3; i++) {
#pragma omp task
        __asm__ volatile("" : : : "memory");
    }
    if (left <= 1)
        return;
#pragma omp task firstprivate(left)
    with_leaves(left - 1);
#pragma omp task
    __asm__ volatile("" : : : "memory");
}

/* The same with leaves that wait for each other: one readies the next. */
static void with_waiting_leaves(long left)
{
    static int storage;

    (void)storage;
    count();
    for (int i = 0; i < 3; i++) {
#pragma omp task depend(inout : storage)
        __asm__ volatile("" : : : "memory");
    }
    if (left <= 1)
        return;
#pragma omp task firstprivate(left)
    with_waiting_leaves(left - 1);
#pragma omp task depend(in : storage)
    __asm__ volatile("" : : : "memory");
}

/* The same with leaves that are less and more urgent than the links. */
static void with_urgent_leaves(long left)
{
    count();
    for (int i = 1; i < 4; i++) {
#pragma omp task priority(i)
        __asm__ volatile("" : : : "memory");
    }
    if (left <= 1)
        return;
#pragma omp task firstprivate(left) priority(2)
    with_urgent_leaves(left - 1);
#pragma omp task priority(4)
    __asm__ volatile("" : : : "memory");
}

/* Ten chains of a tenth of the links each. */
static void in_turn(long left)
{
    for (int i = 0; i < 10; i++) {
#pragma omp task firstprivate(left)
        with_leaves(left / 10);
    }
}

/* A link creates the next one and continues while that one runs. */
static void overlapping(long left)
{
    count();
    if (left <= 1)
        return;
#pragma omp task firstprivate(left)
    overlapping(left - 1);
    for (volatile int i = 0; i < 50; i++)
        ;
}

/* Each link also makes a region of the device a task. */
static void offloading(long left)
{
    count();
    if (left <= 1)
        return;
#pragma omp target nowait
    __asm__ volatile("" : : : "memory");
#pragma omp task firstprivate(left)
    offloading(left - 1);
}

static const struct {
    const char *name;
    void (*first)(long left);
    int times; /* the links of the others, but under stress */
} chains[] = {
    {"plain", plain, 1},
    {"untied", untied, 1},
    {"mergeable", mergeable, 1},
    {"in order", in_order, 1},
    {"reading", reading, 1},
    {"important", important, 1},
    {"important and untied", important_untied, 1},
    {"yielding", yielding, 1},
    {"taskloop", looping, 1},
    {"detached", detached, 1},
    {"with leaves", with_leaves, 1},
    {"with waiting leaves", with_waiting_leaves, 3},
    {"with urgent leaves", with_urgent_leaves, 1},
    {"ten in turn", in_turn, 5},
    {"overlapping", overlapping, 1},
    {"target nowait", offloading, 1},
};

static void begin(void)
{
    done = 0;
}

static void end(const char *name, const char *where)
{
    long grown = resident_kb() - before;
    long most = (8192 + 4096L * omp_get_max_threads()) * (links > 1000000 ? 2 : 1);

    CHECK(done == links, "%s %s: %ld links", name, where, done);
    CHECK(grown < most, "%s %s: grew by %ld kB", name, where, grown);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        alarm(0);
        links = atol(argv[1]);
    }
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        int times = argc > 1 ? 1 : chains[i].times;

        links *= times;
        begin();
#pragma omp parallel
#pragma omp single
        chains[i].first(links);
        end(chains[i].name, "in a region");

        begin();
#pragma omp parallel
#pragma omp single
        {
#pragma omp taskgroup
            chains[i].first(links);
            end(chains[i].name, "in a group");
        }

        /* An initial task waits for nothing, and nothing is left over. */
        begin();
        chains[i].first(links);
        end(chains[i].name, "outside of regions");
        links /= times;
    }
    return 0;
}
