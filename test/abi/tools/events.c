/* ours only: libgomp has no interface for tools.
 * env: OMP_CANCELLATION=true OMP_DYNAMIC=false
 * A tool in the program: what the events say about threads, regions, tasks and waits. */
#include "tool.h"

/* Numbers of events, and a few rules that hold at each of them. */
static int count[EVENTS], ends[EVENTS], creates, completes, threads_begun, threads_ended;
static int initial_tasks, implicit_begun, implicit_ended, finals;
static _Thread_local int depth_of_waits, here;

static void met(int event) { __atomic_add_fetch(&count[event], 1, __ATOMIC_RELAXED); }
static void more(int *counter) { __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED); }
#define AT(...) CHECK(__VA_ARGS__)

static void thread_begin(int kind, data_t *thread)
{
    met(THREAD_BEGIN);
    AT(kind == 1 || kind == 2, "kind %d", kind);
    AT(thread->value == 0 && thread == ask.get_thread_data(), "a thread's word");
    thread->value = ask.get_unique_id();
    AT(!here, "a thread begins twice");
    here = 1;
    more(&threads_begun);
}

static void thread_end(data_t *thread)
{
    met(THREAD_END);
    AT(thread->value != 0 && here, "the thread had no beginning");
    here = 0;
    more(&threads_ended);
}

static void parallel_begin(data_t *task, const frames_t *frames, data_t *region, unsigned asked,
                           int flags, const void *code)
{
    met(PARALLEL_BEGIN);
    AT(task->value && region->value == 0, "words");
    region->value = ask.get_unique_id();
    AT(frames->enter.ptr && is_ours(code), "frame %p, code %p", frames->enter.ptr, code);
    AT(asked > 0 && (flags & 3), "asked %u, flags %x", asked, flags);
}

static void parallel_end(data_t *region, data_t *task, int flags, const void *code)
{
    met(PARALLEL_END);
    AT(task->value && region->value && is_ours(code) && flags, "the end of a region");
}

static void implicit_task(int end, data_t *region, data_t *task, unsigned size, unsigned num,
                          int flags)
{
    met(IMPLICIT_TASK);
    if (end == BEGIN) {
        AT(task->value == 0 && region, "a task's word");
        task->value = ask.get_unique_id();
        if (flags & INITIAL)
            more(&initial_tasks);
        else {
            AT(region->value && num < size, "thread %u of %u", num, size);
            more(&implicit_begun);
        }
    } else {
        AT(task->value, "the end of a task");
        if (flags & IMPLICIT)
            more(&implicit_ended);
    }
}

static void task_create(data_t *task, const frames_t *frames, data_t *new, int flags,
                        int has_dependences, const void *code)
{
    (void) has_dependences;
    met(TASK_CREATE);
    AT(task && task->value && frames->enter.ptr && is_ours(code), "a creation");
    AT(new->value == 0, "a new task's word");
    new->value = ask.get_unique_id();
    if (flags & EXPLICIT)
        more(&creates);
}

static void task_schedule(data_t *prior, int status, data_t *next)
{
    met(TASK_SCHEDULE);
    AT(prior && prior->value, "the prior task");
    if (status == COMPLETE || status == CANCELLED)
        more(&completes);
    if (status == SWITCH)
        AT(next && next->value && next != prior, "the next task");
}

static void sync_region(int kind, int end, data_t *region, data_t *task, const void *code)
{
    (void) code;
    met(SYNC_REGION);
    AT(kind >= 3 && kind <= 9 && task, "kind %d", kind);
    if (end == BEGIN)
        AT(region && region->value && task->value, "words");
    else
        more(&ends[SYNC_REGION]);
}

static void sync_region_wait(int kind, int end, data_t *region, data_t *task, const void *code)
{
    (void) region, (void) task, (void) code, (void) kind;
    met(SYNC_REGION_WAIT);
    depth_of_waits += end == BEGIN ? 1 : -1;
    AT(depth_of_waits >= 0, "a wait ends that has not begun");
    if (end == END)
        more(&ends[SYNC_REGION_WAIT]);
    uint64_t id;
    AT(ask.get_state(&id) >= 0x010, "state %x while waiting", ask.get_state(&id));
}

static void work(int kind, int end, data_t *region, data_t *task, uint64_t n, const void *code)
{
    (void) n;
    met(WORK);
    AT(kind > 0 && region && task && is_ours(code), "kind %d, code %p", kind, code);
    if (end != BEGIN)
        more(&ends[WORK]);
    if (end == BEGIN_AND_END)
        met(WORK);
}

static void mutex_acquire(int kind, unsigned hint, unsigned how, uint64_t id, const void *code)
{
    (void) hint, (void) how;
    met(MUTEX_ACQUIRE);
    AT(kind > 0 && id && is_ours(code), "kind %d", kind);
}

static void mutex_acquired(int kind, uint64_t id, const void *code)
{
    met(MUTEX_ACQUIRED);
    AT(kind > 0 && id && is_ours(code), "kind %d", kind);
}

static void mutex_released(int kind, uint64_t id, const void *code)
{
    met(MUTEX_RELEASED);
    AT(kind > 0 && id && is_ours(code), "kind %d", kind);
}

static void lock_init(int kind, unsigned hint, unsigned how, uint64_t id, const void *code)
{
    (void) hint, (void) how;
    met(LOCK_INIT);
    AT((kind == 1 || kind == 3) && id && is_ours(code), "kind %d", kind);
}

static void lock_destroy(int kind, uint64_t id, const void *code)
{
    met(LOCK_DESTROY);
    AT((kind == 1 || kind == 3) && id && is_ours(code), "kind %d", kind);
}

static void nest_lock(int end, uint64_t id, const void *code)
{
    met(NEST_LOCK);
    AT((end == BEGIN || end == END) && id && is_ours(code), "a nestable lock");
}

static void dependences(data_t *task, const dependence_t *list, int n)
{
    met(DEPENDENCES);
    AT(task->value && n > 0 && list[0].variable.ptr && list[0].kind > 0, "%d", n);
}

static void task_dependence(data_t *before, data_t *after)
{
    met(TASK_DEPENDENCE);
    AT(before->value && after->value && before != after, "a pair");
}

static void dispatch(data_t *region, data_t *task, int kind, data_t instance)
{
    met(DISPATCH);
    AT(region && task && kind >= 2 && instance.ptr, "kind %d", kind);
    if (kind == 3)
        AT(((chunk_t *) instance.ptr)->iterations > 0, "an empty chunk");
}

static void cancelling(data_t *task, int flags, const void *code)
{
    (void) code;
    met(CANCEL);
    AT(task->value && flags, "flags %x", flags);
}

static void reduction(int kind, int end, data_t *region, data_t *task, const void *code)
{
    (void) end;
    met(REDUCTION);
    AT(kind == 7 && region && task && is_ours(code), "kind %d", kind);
}

static void masked(int end, data_t *region, data_t *task, const void *code)
{
    (void) end;
    met(MASKED);
    AT(region && task && is_ours(code), "masked");
}

static void flush(data_t *thread, const void *code)
{
    met(FLUSH);
    AT(thread->value && is_ours(code), "flush");
}

static void set_callbacks(void)
{
    enum { SOMETIMES = 3, ALWAYS = 5 };
    listen_to(THREAD_BEGIN, thread_begin, ALWAYS);
    listen_to(THREAD_END, thread_end, ALWAYS);
    listen_to(PARALLEL_BEGIN, parallel_begin, ALWAYS);
    listen_to(PARALLEL_END, parallel_end, ALWAYS);
    listen_to(TASK_CREATE, task_create, ALWAYS);
    listen_to(TASK_SCHEDULE, task_schedule, ALWAYS);
    listen_to(IMPLICIT_TASK, implicit_task, ALWAYS);
    listen_to(SYNC_REGION_WAIT, sync_region_wait, ALWAYS);
    listen_to(MUTEX_RELEASED, mutex_released, ALWAYS);
    listen_to(DEPENDENCES, dependences, ALWAYS);
    listen_to(TASK_DEPENDENCE, task_dependence, SOMETIMES);
    listen_to(WORK, work, ALWAYS);
    listen_to(MASKED, masked, ALWAYS);
    listen_to(SYNC_REGION, sync_region, ALWAYS);
    listen_to(LOCK_INIT, lock_init, ALWAYS);
    listen_to(LOCK_DESTROY, lock_destroy, ALWAYS);
    listen_to(MUTEX_ACQUIRE, mutex_acquire, ALWAYS);
    listen_to(MUTEX_ACQUIRED, mutex_acquired, ALWAYS);
    listen_to(NEST_LOCK, nest_lock, ALWAYS);
    listen_to(FLUSH, flush, SOMETIMES);
    listen_to(CANCEL, cancelling, ALWAYS);
    listen_to(REDUCTION, reduction, SOMETIMES);
    listen_to(DISPATCH, dispatch, SOMETIMES);
}

#define SAME(a, b) CHECK((a) == (b), #a " is %d, " #b " %d", (int) (a), (int) (b))

static void finalized(void)
{
    finals++;
    SAME(finals, 1);
    SAME(count[PARALLEL_BEGIN], count[PARALLEL_END]);
    SAME(implicit_begun, implicit_ended);
    SAME(threads_begun, threads_ended);
    SAME(count[SYNC_REGION], 2 * ends[SYNC_REGION]);
    SAME(count[SYNC_REGION_WAIT], 2 * ends[SYNC_REGION_WAIT]);
    SAME(count[WORK], 2 * ends[WORK]);
    SAME(creates, completes);
    SAME(count[MUTEX_ACQUIRED], count[MUTEX_RELEASED]);
    SAME(count[LOCK_INIT], count[LOCK_DESTROY]);
}

static void locks(void)
{
    omp_lock_t lock;
    omp_nest_lock_t nested;
    omp_init_lock(&lock);
    omp_init_nest_lock(&nested);
    int set = 0, entered = 0, team = 0;
#pragma omp parallel shared(set, entered, team)
    for (int i = 0; i < 10; i++) {
        omp_set_lock(&lock);
        set++;
        team = omp_get_num_threads();
        omp_unset_lock(&lock);
        omp_set_nest_lock(&nested);
        omp_set_nest_lock(&nested);
        omp_unset_nest_lock(&nested);
        omp_unset_nest_lock(&nested);
        if (omp_test_lock(&lock))
            omp_unset_lock(&lock);
#pragma omp critical
        entered++;
    }
    CHECK(set == 10 * team && entered == set, "%d, %d of %d threads", set, entered, team);
    omp_destroy_lock(&lock);
    omp_destroy_nest_lock(&nested);
    CHECK(count[NEST_LOCK] > 0 && count[MUTEX_ACQUIRE] >= count[MUTEX_ACQUIRED], "locks");
}

static void tasks(void)
{
    int x = 0, n = 0;
#pragma omp parallel shared(x, n)
#pragma omp single
    {
        for (int i = 0; i < 50; i++)
#pragma omp task shared(n)
#pragma omp atomic
            n++;
#pragma omp taskwait
        for (int i = 0; i < 20; i++)
#pragma omp task depend(inout : x) shared(x)
            x++;
#pragma omp taskgroup
        {
#pragma omp task if (0) shared(n)
#pragma omp atomic
            n++;
#pragma omp taskloop shared(n) num_tasks(4)
            for (int i = 0; i < 16; i++)
#pragma omp atomic
                n++;
        }
#pragma omp taskyield
    }
    CHECK(x == 20 && n == 67, "x %d, n %d", x, n);
    CHECK(creates >= 75 && count[DEPENDENCES] == 20, "%d, %d", creates, count[DEPENDENCES]);
}

static void loops(void)
{
    int sum = 0;
#pragma omp parallel reduction(+ : sum)
    {
#pragma omp for schedule(dynamic, 3)
        for (int i = 0; i < 100; i++)
            sum += i;
#pragma omp for schedule(guided) ordered
        for (int i = 0; i < 40; i++)
#pragma omp ordered
            sum++;
#pragma omp sections
        {
            sum++;
#pragma omp section
            sum++;
        }
#pragma omp barrier
#pragma omp flush
    }
    CHECK(sum == 4950 + 40 + 2, "%d", sum);
    CHECK(count[WORK] > 0 && count[DISPATCH] > 0, "loops");
}

static void cancelled(void)
{
    int n = 0;
#pragma omp parallel
    {
#pragma omp atomic
        n++;
        if (omp_get_thread_num() == 0) {
#pragma omp cancel parallel
        }
#pragma omp barrier
    }
    CHECK(count[CANCEL] > 0, "cancel");
}

static void nested(void)
{
#pragma omp parallel num_threads(2)
    {
        int level, size;
        data_t *region, *outer;
        CHECK(ask.get_parallel_info(0, &outer, &size) == 2 && size == omp_get_num_threads(), "%d", size);
#pragma omp parallel num_threads(2)
        {
            CHECK(ask.get_parallel_info(0, &region, &level) == 2, "the inner region");
            CHECK(ask.get_parallel_info(1, &region, &level) == 2, "the outer region");
            CHECK(region->value == outer->value, "another outer region");
            CHECK(!ask.get_parallel_info(9, &region, &level), "a region that does not exist");
        }
    }
}

int main(void)
{
    omp_set_max_active_levels(2);
#pragma omp parallel
    CHECK(ask.get_thread_data()->value, "a thread without a word");
    locks();
    tasks();
    loops();
    cancelled();
    nested();
    CHECK(count[PARALLEL_BEGIN] == count[PARALLEL_END], "regions");
    CHECK(initial_tasks == 1, "%d initial tasks", initial_tasks);
    return 0;
}
