/* ours only: GCC 12's libgomp knows no inoutset
 *
 * Random graphs of dependences of all kinds, compared with the order in which the tasks
 * were created.  The earlier tasks determine what a task may see of each storage that it
 * names.  An argument is the number of rounds.
 * stress: 400
 */
#include "../check.h"

void GOMP_task(void (*)(void *), void *, void (*)(void *, void *), long, long, bool, unsigned,
               void **, int, void *);

enum { IN = 1, OUT, INOUT, MUTEX, SET, KINDS = 5 };
enum { STORAGES = 12, ITEMS = 4, PARENTS = 3, LEAST = 50, MOST = 1200 };

/* One storage, and what has happened to it. */
struct storage {
    int writer; /* plain: the dependences order its uses */
    int done;   /* tasks that have named it and ended; atomic */
    int active; /* tasks that name it and run; atomic */
};

/* What a task must find. */
struct item {
    struct storage *storage;
    int kind;
    int writer;   /* the last one before it */
    int before;   /* tasks that must have ended */
    int together; /* tasks, itself included, that may run at the same time */
};

struct task {
    int number, items;
    struct item item[ITEMS];
    unsigned work;
};

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static bool shares(int kind)
{
    return kind == IN || kind == SET;
}

static void body(void *data)
{
    struct task *task = *(struct task **)data;
    for (int i = 0; i < task->items; i++) {
        struct item *item = &task->item[i];
        struct storage *storage = item->storage;
        int active = __atomic_add_fetch(&storage->active, 1, __ATOMIC_RELAXED);
        int done = __atomic_load_n(&storage->done, __ATOMIC_RELAXED);
        CHECK(shares(item->kind) || active == 1, "task %d is not alone", task->number);
        CHECK(done >= item->before && done < item->before + item->together,
              "task %d: %d ended, not %d (%d together)", task->number, done, item->before,
              item->together);
        CHECK(storage->writer == item->writer, "task %d: writer %d, not %d", task->number,
              storage->writer, item->writer);
    }
    for (volatile unsigned i = 0; i < task->work; i++)
        ;
    for (int i = 0; i < task->items; i++) {
        struct item *item = &task->item[i];
        if (!shares(item->kind))
            item->storage->writer = task->number;
        __atomic_sub_fetch(&item->storage->active, 1, __ATOMIC_RELAXED);
        __atomic_add_fetch(&item->storage->done, 1, __ATOMIC_RELAXED);
    }
}

static void create(struct task *task, bool deferrable)
{
    void *depend[5 + ITEMS];
    uintptr_t objects[ITEMS][2];
    int n = 0, counts[KINDS + 1] = {0};
    bool old = task->number % 3 == 0, all_objects = task->number % 7 == 0;
    for (int i = 0; i < task->items; i++) {
        int kind = task->item[i].kind;
        old = old && kind <= INOUT;
    }
    /* By kind: out and inout, mutexinoutset, in, objects. */
    for (int pass = 0; pass < 4; pass++)
        for (int i = 0; i < task->items; i++) {
            int kind = task->item[i].kind;
            int group = kind == MUTEX ? 1 : kind == IN ? 2 : kind == SET ? 3 : 0;
            if (all_objects && !old)
                group = 3;
            if (group != pass)
                continue;
            void *address = task->item[i].storage;
            if (group == 3) {
                objects[n][0] = (uintptr_t)address;
                objects[n][1] = kind;
                address = objects[n];
            }
            depend[(old ? 2 : 5) + n++] = address;
            counts[group]++;
        }
    if (old) {
        depend[0] = (void *)(uintptr_t)n;
        depend[1] = (void *)(uintptr_t)counts[0];
    } else {
        depend[0] = NULL;
        depend[1] = (void *)(uintptr_t)n;
        for (int group = 0; group < 3; group++)
            depend[2 + group] = (void *)(uintptr_t)counts[group];
    }
    GOMP_task(body, &task, NULL, sizeof task, sizeof task, deferrable, n ? 8 : 0, depend, 0, NULL);
}

/* Plans n tasks, in their order. */
static struct task *plan(struct storage *storages, int n, unsigned seed)
{
    struct task *tasks = malloc(n * sizeof *tasks);
    int kind[STORAGES] = {0}, before[STORAGES] = {0}, named[STORAGES] = {0};
    int first[STORAGES], writer[STORAGES] = {0};
    for (int t = 0; t < n; t++) {
        struct task *task = &tasks[t];
        *task = (struct task){.number = t + 1, .work = next(&seed) % 300};
        int wanted = next(&seed) % (ITEMS + 1);
        for (int i = 0; i < wanted; i++) {
            int s = next(&seed) % STORAGES, k = 1 + next(&seed) % KINDS;
            bool again = false;
            for (int j = 0; j < task->items; j++)
                again = again || task->item[j].storage == &storages[s];
            if (again)
                continue;
            if (kind[s] != k || !shares(k)) {
                before[s] = named[s];
                first[s] = t;
                kind[s] = k;
            }
            named[s]++;
            struct item *item = &task->item[task->items++];
            *item = (struct item){&storages[s], k, writer[s], before[s], 0};
            /* All tasks that share the storage with it may run together with it. */
            for (int u = first[s]; u <= t; u++)
                for (int j = 0; j < tasks[u].items; j++)
                    if (tasks[u].item[j].storage == &storages[s])
                        tasks[u].item[j].together = named[s] - before[s];
            if (!shares(k))
                writer[s] = t + 1;
        }
    }
    return tasks;
}

static void graph(unsigned seed)
{
    struct storage *storages = calloc(STORAGES, sizeof *storages);
    int n = LEAST + next(&seed) % (MOST - LEAST);
    bool waits = next(&seed) % 2, undefers = next(&seed) % 2;
    struct task *tasks = plan(storages, n, seed);
    for (int t = 0; t < n; t++) {
        create(&tasks[t], !(undefers && next(&seed) % 16 == 0));
        if (waits && next(&seed) % 64 == 0) {
            void *depend[] = {(void *)1, (void *)1, &storages[t % STORAGES]};
            extern void GOMP_taskwait_depend(void **);
            GOMP_taskwait_depend(depend);
            CHECK(storages[t % STORAGES].active == 0, "after taskwait depend");
        }
    }
#pragma omp taskwait
    int named = 0, done = 0;
    for (int t = 0; t < n; t++)
        named += tasks[t].items;
    for (int s = 0; s < STORAGES; s++)
        done += storages[s].done;
    CHECK(done == named, "%d uses, not %d", done, named);
    free(tasks);
    free(storages);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 4;
    if (argc > 1)
        alarm(0);
    for (int round = 0; round < rounds; round++) {
        unsigned seed = 12345u * (round + 1);
        graph(seed);
#pragma omp parallel
        {
#pragma omp single nowait
            for (int parent = 0; parent < PARENTS; parent++)
#pragma omp task
                graph(seed + 1 + parent);
            graph(seed + 100 + omp_get_thread_num());
        }
    }
    return 0;
}
