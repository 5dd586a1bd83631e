/* ours only
 *
 * The entries that Intel's compilers call for constructs, by their prototypes.
 */
#include "../check.h"

#define HERE NULL, __kmpc_global_thread_num(NULL)

int __kmpc_global_thread_num(void *);
int __kmpc_global_num_threads(void *);
int __kmpc_bound_thread_num(void *);
int __kmpc_bound_num_threads(void *);
int __kmpc_in_parallel(void *);
int __kmpc_ok_to_fork(void *);
void __kmpc_begin(void *, int);
void __kmpc_end(void *);
void __kmpc_barrier(void *, int);
int __kmpc_barrier_master(void *, int);
void __kmpc_end_barrier_master(void *, int);
int __kmpc_barrier_master_nowait(void *, int);
int __kmpc_single(void *, int);
void __kmpc_end_single(void *, int);
void *__kmpc_copyprivate_light(void *, int, void *);
void __kmpc_scope(void *, int, void *);
void __kmpc_end_scope(void *, int, void *);
int __kmpc_sections_init(void *, int);
int __kmpc_next_section(void *, int, int);
void __kmpc_end_sections(void *, int);
uint64_t __kmpc_get_taskid(void);
uint64_t __kmpc_get_parent_taskid(void);
int __kmpc_get_target_offload(void);
int __kmpc_pause_resource(int);
bool __kmpc_omp_has_task_team(int);
void **__kmpc_omp_get_target_async_handle_ptr(int);
void *__kmpc_threadprivate(void *, int, void *, size_t);
void __kmpc_threadprivate_register_vec(void *, void *, void *(*)(void *, size_t),
                                       void *(*)(void *, void *, size_t),
                                       void (*)(void *, size_t), size_t);
void *__kmpc_calloc(int, size_t, size_t, omp_allocator_handle_t);
void *__kmpc_realloc(int, void *, size_t, omp_allocator_handle_t, omp_allocator_handle_t);
void __kmpc_free(int, void *, omp_allocator_handle_t);
void __kmpc_set_default_allocator(int, omp_allocator_handle_t);
omp_allocator_handle_t __kmpc_get_default_allocator(int);

static int team;

static void questions(void)
{
    __kmpc_begin(NULL, 0);
    CHECK(__kmpc_ok_to_fork(NULL) == 1, "it always is");
    CHECK(__kmpc_in_parallel(NULL) == 0, "not yet");
    CHECK(__kmpc_get_parent_taskid() == 0, "an initial task has no parent");
    uint64_t initial = __kmpc_get_taskid();
    CHECK(initial != 0, "a task has a number");
    #pragma omp parallel
    {
        CHECK(__kmpc_in_parallel(NULL) == (team > 1), "%d", team);
        CHECK(__kmpc_bound_thread_num(NULL) == omp_get_thread_num(), "its number");
        CHECK(__kmpc_bound_num_threads(NULL) == team, "%d", team);
        CHECK(__kmpc_global_num_threads(NULL) > __kmpc_global_thread_num(NULL), "its number");
        CHECK(__kmpc_get_parent_taskid() == initial, "the task that forked");
        uint64_t mine = __kmpc_get_taskid();
        #pragma omp task firstprivate(mine)
        {
            CHECK(__kmpc_get_taskid() != mine, "another task");
            CHECK(__kmpc_get_parent_taskid() == mine, "its parent");
        }
    }
    CHECK(__kmpc_get_target_offload() == 1, "the default");
    CHECK(__kmpc_pause_resource(0) == 1, "nothing is paused");
    CHECK(__kmpc_pause_resource(1) == 0, "soft");
    CHECK(!__kmpc_omp_has_task_team(0), "none");
    CHECK(!__kmpc_omp_get_target_async_handle_ptr(0), "none");
}

static void barriers(void)
{
    int number = 0, arrived = 0;
    #pragma omp parallel
    for (int i = 0; i < 50; i++) {
        #pragma omp atomic
        arrived++;
        if (__kmpc_barrier_master(HERE)) {
            CHECK(arrived == team, "%d", arrived);
            arrived = 0;
            number++;
            __kmpc_end_barrier_master(HERE);
        }
        CHECK(number == i + 1, "the master was not waited for: %d %d", number, i);
        __kmpc_barrier(HERE);
        if (__kmpc_barrier_master_nowait(HERE))
            CHECK(omp_get_thread_num() == 0, "the master");
        __kmpc_scope(HERE, NULL);
        __kmpc_end_scope(HERE, NULL);
        __kmpc_barrier(HERE);
    }
    CHECK(number == 50, "%d", number);
}

static void copyprivate(void)
{
    #pragma omp parallel
    for (int i = 0; i < 50; i++) {
        int mine = -1, *theirs;
        bool executes = __kmpc_single(HERE);
        if (executes) {
            mine = i;
            __kmpc_end_single(HERE);
        }
        theirs = __kmpc_copyprivate_light(HERE, executes ? &mine : NULL);
        CHECK(*theirs == i, "%d", *theirs);
        __kmpc_barrier(HERE);
    }
}

static void sections(void)
{
    int done[7];
    memset(done, 0, sizeof done);
    #pragma omp parallel
    for (int i = 0; i < 20; i++) {
        int count = 3 + i % 5;
        if (__kmpc_sections_init(HERE)) {
            int next;
            while ((next = __kmpc_next_section(HERE, count)) < count)
                #pragma omp atomic
                done[next]++;
        } else
            for (int next = 0; next < count; next++)
                done[next]++;
        __kmpc_end_sections(HERE);
        __kmpc_barrier(HERE);
        /* Other constructs in between. */
        int sum = 0;
        #pragma omp for schedule(dynamic) nowait
        for (int k = 0; k < 10; k++)
            sum += k;
        (void) sum;
    }
    for (int next = 0; next < 7; next++) {
        int expected = 0;
        for (int i = 0; i < 20; i++)
            expected += next < 3 + i % 5;
        CHECK(done[next] == expected, "section %d: %d", next, done[next]);
    }
}

/* Threads of the league, for constructs in teams. */
#define LOOPS(suffix, type, signed_type, from, to, by)                                   \
    void __kmpc_dist_dispatch_init_##suffix(void *, int, int, int *, type, type,         \
                                            signed_type, signed_type);                   \
    int __kmpc_dispatch_next_##suffix(void *, int, int *, type *, type *, signed_type *); \
    void __kmpc_team_static_init_##suffix(void *, int, int *, type *, type *,            \
                                          signed_type *, signed_type, signed_type);      \
    static void loops_##suffix(void)                                                     \
    {                                                                                    \
        int done[101] = { 0 }, lasts = 0;                                                \
        _Pragma("omp teams num_teams(3) shared(done, lasts)")                            \
        {                                                                                \
            _Pragma("omp parallel")                                                      \
            {                                                                            \
                int last = -1;                                                           \
                type lower, upper;                                                       \
                signed_type step;                                                        \
                __kmpc_dist_dispatch_init_##suffix(HERE, 35, &last, from, to, by, 2);    \
                CHECK(last == (omp_get_team_num() == omp_get_num_teams() - 1), "%d", last); \
                while (__kmpc_dispatch_next_##suffix(HERE, NULL, &lower, &upper, &step)) \
                    for (type i = lower; by > 0 ? i <= upper : i >= upper; i += (type) step) \
                        _Pragma("omp atomic") done[i]++;                                 \
            }                                                                            \
            int last = -1;                                                               \
            type lower = from, upper = to;                                               \
            signed_type stride;                                                          \
            __kmpc_team_static_init_##suffix(HERE, &last, &lower, &upper, &stride, by, 4); \
            __atomic_add_fetch(&lasts, last, __ATOMIC_RELAXED);                          \
            for (; by > 0 ? lower <= to : lower >= to;                                   \
                 lower += (type) stride, upper += (type) stride)                         \
                for (type i = lower; by > 0 ? i <= upper && i <= to : i >= upper && i >= to; \
                     i += (type) by)                                                     \
                    __atomic_add_fetch(&done[i], 1, __ATOMIC_RELAXED);                   \
        }                                                                                \
        CHECK(lasts == 1, "%d", lasts);                                                  \
        for (int i = 0; i < 101; i++) {                                                  \
            int first = by > 0 ? (int) from : (int) to, end = by > 0 ? (int) to : (int) from; \
            int size = by > 0 ? by : -by;                                                \
            bool is_in = i >= first && i <= end                                          \
                         && (by > 0 ? (i - first) % size == 0 : (end - i) % size == 0);  \
            CHECK(done[i] == (is_in ? 2 : 0), "%d: %d", i, done[i]);                     \
        }                                                                                \
    }
LOOPS(4, int, int, 3, 97, 2)
LOOPS(4u, unsigned, int, 3, 97, 3)
LOOPS(8, int64_t, int64_t, 97, 3, -3)
LOOPS(8u, uint64_t, int64_t, 3, 97, 2)

static int made, ended;

static void *make(void *objects, size_t count)
{
    CHECK(count == 4, "%zu", count);
    for (size_t i = 0; i < count; i++)
        ((int *) objects)[i] = 40 + (int) i;
    #pragma omp atomic
    made++;
    return objects;
}

static void end(void *objects, size_t count)
{
    CHECK(count == 4 && ((int *) objects)[3] == 43, "%zu", count);
    #pragma omp atomic
    ended++;
}

static void copies(void)
{
    static int plain = 5, objects[4] = { 40, 41, 42, 43 };
    __kmpc_threadprivate_register_vec(NULL, objects, make, NULL, end, 4);
    int *addresses[1024];
    #pragma omp parallel
    {
        int *mine = __kmpc_threadprivate(HERE, &plain, sizeof plain);
        CHECK(*mine == 5 || *mine == 6, "%d", *mine);
        *mine = 6;
        addresses[omp_get_thread_num()] = mine;
        CHECK(mine == __kmpc_threadprivate(HERE, &plain, sizeof plain), "another");
        int *array = __kmpc_threadprivate(HERE, objects, sizeof objects);
        CHECK(array[0] == 40 && array[3] == 43, "%d", array[3]);
    }
    for (int i = 0; i < team; i++)
        for (int k = 0; k < i; k++)
            CHECK(addresses[i] != addresses[k], "%d and %d share a copy", i, k);
    CHECK(made == team - 1, "%d", made);
    CHECK(omp_pause_resource_all(omp_pause_hard) == 0, "paused");
    CHECK(ended == team - 1, "%d", ended);
}

static void memory(void)
{
    int *block = __kmpc_calloc(0, 10, sizeof *block, omp_default_mem_alloc);
    CHECK(block && block[0] == 0 && block[9] == 0, "zeros");
    block[9] = 3;
    block = __kmpc_realloc(0, block, 20 * sizeof *block, omp_default_mem_alloc,
                           omp_default_mem_alloc);
    CHECK(block && block[9] == 3, "moved");
    __kmpc_free(0, block, omp_default_mem_alloc);
    __kmpc_set_default_allocator(0, omp_low_lat_mem_alloc);
    CHECK(__kmpc_get_default_allocator(0) == omp_low_lat_mem_alloc, "set");
    CHECK(omp_get_default_allocator() == omp_low_lat_mem_alloc, "the same");
    __kmpc_set_default_allocator(0, omp_default_mem_alloc);
}

#define LOCKS(kind, lock_type)                                                           \
    void __kmpc_init_##kind##lock(void *, int, lock_type *);                             \
    void __kmpc_init_##kind##lock_with_hint(void *, int, lock_type *, uintptr_t);        \
    void __kmpc_destroy_##kind##lock(void *, int, lock_type *);                          \
    void __kmpc_set_##kind##lock(void *, int, lock_type *);                              \
    void __kmpc_unset_##kind##lock(void *, int, lock_type *);                            \
    int __kmpc_test_##kind##lock(void *, int, lock_type *);                              \
    static void locks_##kind(void)                                                       \
    {                                                                                    \
        lock_type lock;                                                                  \
        int number = 0;                                                                  \
        for (int hinted = 0; hinted < 2; hinted++) {                                     \
            if (hinted)                                                                  \
                __kmpc_init_##kind##lock_with_hint(HERE, &lock, 1);                      \
            else                                                                         \
                __kmpc_init_##kind##lock(HERE, &lock);                                   \
            _Pragma("omp parallel")                                                      \
            for (int i = 0; i < 200; i++) {                                              \
                if (i % 3)                                                               \
                    __kmpc_set_##kind##lock(HERE, &lock);                                \
                else                                                                     \
                    while (!__kmpc_test_##kind##lock(HERE, &lock))                       \
                        ;                                                                \
                number++;                                                                \
                __kmpc_unset_##kind##lock(HERE, &lock);                                  \
            }                                                                            \
            /* They are omp.h's locks. */                                                \
            omp_set_##kind##lock(&lock);                                                 \
            __kmpc_unset_##kind##lock(HERE, &lock);                                      \
            __kmpc_destroy_##kind##lock(HERE, &lock);                                    \
        }                                                                                \
        CHECK(number == 400 * team, "%d", number);                                       \
    }
LOCKS(, omp_lock_t)
LOCKS(nest_, omp_nest_lock_t)

void __kmpc_push_num_threads_list(void *, int, unsigned, int *);
void __kmpc_push_num_threads_list_strict(void *, int, unsigned, int *, int, const char *);
typedef void microtask(int *, int *, ...);
void __kmpc_fork_call(void *, int, microtask *, ...);

/* Depths below the region with the list; the sizes at each are as in the array. */
static void region(int *thread, int *bound, int *sizes, int *depth)
{
    (void) thread, (void) bound;
    CHECK(omp_get_num_threads() == sizes[*depth], "depth %d: %d", *depth, omp_get_num_threads());
    int next = *depth + 1;
    if (sizes[next] > 0)
        __kmpc_fork_call(NULL, 2, (microtask *) region, sizes, &next);
}

static void lists(void)
{
    omp_set_max_active_levels(5);
    for (int strict = 0; strict < 2; strict++) {
        int list[3] = { 3, 2, 4 }, sizes[5] = { 3, 2, 4, 4, 0 }, depth = 0;
        if (strict)
            __kmpc_push_num_threads_list_strict(HERE, 3, list, 2, NULL);
        else
            __kmpc_push_num_threads_list(HERE, 3, list);
        memset(list, 0, sizeof list); /* The call has read it. */
        __kmpc_fork_call(NULL, 2, (microtask *) region, sizes, &depth);
        /* The next region knows nothing of it. */
        int plain[3] = { team, team, 0 };
        __kmpc_fork_call(NULL, 2, (microtask *) region, plain, &depth);
    }
    omp_set_max_active_levels(1);
}

int main(void)
{
    team = omp_get_max_threads();
    omp_set_dynamic(0);
    lists();
    questions();
    barriers();
    copyprivate();
    sections();
    loops_4();
    loops_4u();
    loops_8();
    loops_8u();
    copies();
    memory();
    locks_();
    locks_nest_();
    __kmpc_end(NULL);
    return 0;
}
