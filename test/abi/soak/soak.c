/* ours only: libgomp's child of a fork on a worker hangs.
 *
 * A process that lives long: threads start and end, processes fork, teams grow, nest and
 * are paused, tasks of all kinds come and go, locks and allocators are made and
 * destroyed, loops are cancelled.  Its resident memory, threads, mappings and open files
 * stay as they were after a warm-up.  A failure says which of them grew, and in which
 * activity.  The argument is the duration in seconds.
 *
 * env: OMP_CANCELLATION=true OMP_MAX_ACTIVE_LEVELS=3
 * sizes: 4
 * unwatched: memory is what it measures
 * stress: 150
 */
#define _GNU_SOURCE
#include "../check.h"
#include <dirent.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

enum { MEMORY, THREADS, MAPPINGS, FILES, QUANTITIES };
static const char *const quantities[QUANTITIES] = {
    "resident memory (kB)", "threads", "mappings", "open files"
};
/* Growth up to these limits counts as none. */
static const long slack[QUANTITIES] = { 1024, 8, 40, 0 };

static long entries(const char *folder)
{
    DIR *open = opendir(folder);
    CHECK(open, "%s", folder);
    long count = 0;
    while (readdir(open))
        count++;
    closedir(open);
    return count;
}

static long lines(const char *name, const char *start)
{
    char line[4096];
    long found = 0;
    FILE *file = fopen(name, "r");
    CHECK(file, "%s", name);
    while (fgets(line, sizeof line, file))
        if (!start)
            found++;
        else if (!strncmp(line, start, strlen(start)))
            found = atol(line + strlen(start));
    fclose(file);
    return found;
}

static void measure(long into[QUANTITIES])
{
    malloc_trim(0);
    into[MEMORY] = lines("/proc/self/status", "VmRSS:");
    into[THREADS] = entries("/proc/self/task") - 2;
    into[MAPPINGS] = lines("/proc/self/maps", NULL);
    /* A waiting thread may just be reading a file, so take the least of some counts. */
    into[FILES] = entries("/proc/self/fd");
    for (int i = 0; i < 10; i++) {
        usleep(1000);
        long now = entries("/proc/self/fd");
        into[FILES] = now < into[FILES] ? now : into[FILES];
    }
}

static long sum_of(int team)
{
    long sum = 0;
    #pragma omp parallel for num_threads(team) schedule(dynamic, 3) reduction(+: sum)
    for (int i = 0; i < 100; i++)
        sum += i;
    return sum;
}

static void *a_thread(void *team)
{
    CHECK(sum_of((int) (intptr_t) team) == 4950, "a thread's sum");
    int one = 0;
    #pragma omp parallel num_threads(2)
    #pragma omp single
    {
        #pragma omp task depend(out: one)
        one = 1;
        #pragma omp task depend(in: one)
        CHECK(one == 1, "a thread's tasks");
    }
    return NULL;
}

static void threads_born_and_ended(int round)
{
    pthread_t threads[6];
    for (int i = 0; i < 6; i++)
        CHECK(!pthread_create(&threads[i], NULL, a_thread, (void *) (intptr_t) (1 + (i + round) % 4)),
              "no thread");
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
}

static void fork_one(void)
{
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0, "no fork");
    if (child == 0) {
        alarm(PATIENCE);
        CHECK(sum_of(3) == 4950, "a child's sum");
        a_thread((void *) 2);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0, "a child's status is %x", status);
}

static void *in_background(void *stop)
{
    while (!__atomic_load_n((bool *) stop, __ATOMIC_RELAXED))
        sum_of(2);
    return NULL;
}

static void forks(int round)
{
    bool stop = false;
    pthread_t other;
    CHECK(!pthread_create(&other, NULL, in_background, &stop), "no thread");
    fork_one();
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    pthread_join(other, NULL);
    if (round % 4 == 0) {
        #pragma omp parallel num_threads(3)
        if (omp_get_thread_num() == 2)
            fork_one();
    }
}

static int tree(int depth)
{
    if (depth == 0)
        return 1;
    int left, right;
    #pragma omp task shared(left) untied if(depth > 1)
    left = tree(depth - 1);
    #pragma omp task shared(right) final(depth < 3) mergeable
    right = tree(depth - 1);
    #pragma omp taskwait
    return left + right;
}

static void tasks(int round)
{
    int leaves = 0, chain = 0, loop = 0;
    long sum = 0;
    #pragma omp parallel num_threads(1 + round % 4)
    #pragma omp single
    {
        leaves = tree(6);
        for (int i = 0; i < 200; i++) {
            #pragma omp task depend(inout: chain) priority(i % 3)
            chain++;
        }
        int read = 7;
        for (int i = 0; i < 200; i++) {
            #pragma omp task depend(in: read)
            (void) read;
        }
        omp_event_handle_t event;
        #pragma omp task detach(event) depend(out: read)
        read++;
        omp_fulfill_event(event);
        #pragma omp taskgroup task_reduction(+: sum)
        for (int i = 0; i < 30; i++) {
            #pragma omp task in_reduction(+: sum)
            sum += i;
        }
        #pragma omp taskloop grainsize(3) nogroup
        for (int i = 0; i < 60; i++) {
            #pragma omp atomic
            loop++;
        }
        #pragma omp taskwait
        int seen = 0;
        #pragma omp taskgroup
        for (int i = 0; i < 40; i++) {
            #pragma omp task
            {
                #pragma omp atomic
                seen++;
                #pragma omp cancel taskgroup if(i == 20)
            }
        }
    }
    CHECK(leaves == 64 && chain == 200 && sum == 435 && loop == 60, "%d %d %ld %d", leaves, chain,
          sum, loop);
}

static void regions(int round)
{
    int count = 0, expected = 0;
    #pragma omp parallel num_threads(1 + round % 7)
    {
        #pragma omp parallel num_threads(2)
        {
            #pragma omp atomic
            count++;
            #pragma omp single
            {
                #pragma omp atomic
                expected += omp_get_num_threads();
            }
        }
        #pragma omp for ordered(2) schedule(dynamic)
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 6; j++) {
                #pragma omp ordered depend(sink: i - 1, j)
                #pragma omp ordered depend(source)
            }
        #pragma omp for ordered schedule(guided)
        for (int i = 0; i < 20; i++) {
            #pragma omp ordered
            {
                #pragma omp atomic
                count += 0;
            }
        }
        #pragma omp for
        for (int i = 0; i < 100; i++) {
            #pragma omp cancel for if(i == 50)
        }
        if (round % 5 == 0) {
            #pragma omp cancel parallel
        }
    }
    CHECK(count == expected, "%d of %d", count, expected);
}

static void locks_and_allocators(int round)
{
    omp_lock_t lock;
    omp_nest_lock_t nest;
    omp_init_lock(&lock);
    omp_init_nest_lock(&nest);
    omp_alloctrait_t trait = { omp_atk_alignment, 64 };
    omp_allocator_handle_t own = omp_init_allocator(omp_default_mem_space, 1, &trait);
    #pragma omp parallel num_threads(3)
    {
        omp_set_lock(&lock);
        omp_unset_lock(&lock);
        omp_set_nest_lock(&nest);
        omp_unset_nest_lock(&nest);
        char *block = omp_alloc(100 + round % 1000, own);
        CHECK(block && (uintptr_t) block % 64 == 0, "no block");
        block = omp_realloc(block, 5000, own, own);
        omp_free(block, own);
        #pragma omp critical (soak)
        omp_free(omp_alloc(10, omp_high_bw_mem_alloc), omp_null_allocator);
    }
    omp_destroy_allocator(own);
    omp_destroy_nest_lock(&nest);
    omp_destroy_lock(&lock);
}

static void pauses(int round)
{
    if (round % 3 == 0)
        CHECK(omp_pause_resource_all(round % 2 ? omp_pause_soft : omp_pause_hard) == 0, "pause");
    CHECK(sum_of(4) == 4950, "after a pause");
}

static void great_teams(int round)
{
    if (round % 10 == 0)
        CHECK(sum_of(40) == 4950, "a great team");
}

static struct {
    const char *name;
    void (*perform)(int round);
    /* What it added since the warm-up. */
    long added[QUANTITIES];
} activities[] = {
    { "threads born and ended", threads_born_and_ended, { 0 } },
    { "forks", forks, { 0 } },
    { "tasks", tasks, { 0 } },
    { "regions", regions, { 0 } },
    { "locks and allocators", locks_and_allocators, { 0 } },
    { "pauses", pauses, { 0 } },
    { "great teams", great_teams, { 0 } },
};
enum { ACTIVITIES = sizeof activities / sizeof *activities };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

int main(int count, char **arguments)
{
    double seconds = count > 1 ? atof(arguments[1]) : 3, start = now();
    alarm(seconds + 8 * PATIENCE);
    /* Arenas that come and go with threads are the allocator's. */
    mallopt(M_ARENA_MAX, 1);
    /* The greatest of the second third, and of the last. */
    long greatest[3][QUANTITIES] = { { 0 } };
    int rounds[3] = { 0 };
    /* Even on a slow machine each third has every kind of round. */
    for (int round = 0, third = 0; third < 3; round++) {
        for (int a = 0; a < ACTIVITIES; a++) {
            long before[QUANTITIES], after[QUANTITIES];
            measure(before);
            activities[a].perform(round);
            measure(after);
            for (int q = 0; q < QUANTITIES; q++) {
                if (third > 0)
                    activities[a].added[q] += after[q] - before[q];
                if (after[q] > greatest[third][q])
                    greatest[third][q] = after[q];
            }
        }
        if (++rounds[third] >= 12 && now() - start > seconds * (third + 1) / 3)
            third++;
    }
    bool flat = true;
    for (int q = 0; q < QUANTITIES; q++)
        if (greatest[2][q] > greatest[1][q] + slack[q]) {
            flat = false;
            fprintf(stderr, "%s grew from %ld to %ld in %d rounds; by activity:\n", quantities[q],
                    greatest[1][q], greatest[2][q], rounds[1] + rounds[2]);
            for (int a = 0; a < ACTIVITIES; a++)
                fprintf(stderr, "    %+ld %s\n", activities[a].added[q], activities[a].name);
        }
    if (count > 1)
        printf("%d rounds; %ld kB, %ld threads\n", rounds[0] + rounds[1] + rounds[2],
               greatest[2][MEMORY], greatest[2][THREADS]);
    return !flat;
}
