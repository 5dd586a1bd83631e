/* ours only: libgomp has no interface for tools.
 * What a tool may ask, from its callbacks and from the program's code; frames of tasks. */
#include "tool.h"
#include <pthread.h>

static int implicit_tasks;

static void implicit_task(int end, data_t *region, data_t *task, unsigned size, unsigned num, int flags)
{
    if (end != BEGIN)
        return;
    task->value = ask.get_unique_id();
    if (!(flags & IMPLICIT))
        return;
    data_t *mine, *around;
    frames_t *frames;
    int its_flags, its_num, its_size;
    CHECK(ask.get_task_info(0, &its_flags, &mine, &frames, &around, &its_num) == 2, "no task");
    CHECK(mine == task && around == region && its_num == (int) num, "thread %u", num);
    CHECK((its_flags & IMPLICIT) && frames->exit.ptr, "flags %x", its_flags);
    CHECK(ask.get_parallel_info(0, &around, &its_size) == 2, "no region");
    CHECK(around == region && its_size == (int) size, "%d threads of %u", its_size, size);
    __atomic_add_fetch(&implicit_tasks, 1, __ATOMIC_RELAXED);
}

static void set_callbacks(void)
{
    function *none;
    listen_to(IMPLICIT_TASK, implicit_task, 5);
    CHECK(ask.set_callback(0, NULL) == 0 && ask.set_callback(99, NULL) == 0, "no such events");
    CHECK(ask.set_callback(8, NULL) == 1, "an event of devices");
    CHECK(!ask.get_callback(THREAD_BEGIN, &none), "a callback that was not set");
}

static void finalized(void) {}

static void names(void)
{
    int state = 0x102, states = 0, last = -1, impl = 0, impls = 0;
    const char *name;
    while (ask.enumerate_states(state, &state, &name)) {
        CHECK(state > last && strncmp(name, "ompt_state_", 11) == 0, "%d %s", state, name);
        last = state;
        states++;
    }
    CHECK(states >= 10, "%d states", states);
    while (ask.enumerate_mutex_impls(impl, &impl, &name)) {
        CHECK(*name && impl > 0, "%d", impl);
        impls++;
    }
    CHECK(impls >= 1, "%d implementations of locks", impls);
}

static void machine(void)
{
    int ids[4096], places = ask.get_num_places();
    CHECK(ask.get_num_procs() == omp_get_num_procs() && ask.get_num_devices() == 0, "machine");
    CHECK(places == omp_get_num_places() && ask.get_proc_id() >= 0, "places %d", places);
    for (int i = 0; i < places; i++)
        CHECK(ask.get_place_proc_ids(i, 4096, ids) == omp_get_place_num_procs(i), "place %d", i);
    CHECK(ask.get_place_proc_ids(0, 0, NULL) >= 0, "no room");
    CHECK(ask.get_place_num() == omp_get_place_num(), "place");
    CHECK(ask.get_partition_place_nums(4096, ids) == omp_get_partition_num_places(), "partition");
    CHECK(!ask.get_target_info(NULL, NULL, NULL), "a target region");
    void *address;
    size_t size;
    CHECK(!ask.get_task_memory(&address, &size, 0), "a task's memory");
}

/* The task around the current one, by its number of threads below. */
static int flags_at(int level)
{
    int flags, num;
    data_t *task, *region;
    frames_t *frames;
    return ask.get_task_info(level, &flags, &task, &frames, &region, &num) == 2 ? flags : -1;
}

static void tasks(void)
{
    CHECK(flags_at(0) & INITIAL && flags_at(1) == -1 && flags_at(-1) == -1, "outside");
#pragma omp parallel
#pragma omp single
    {
        char *here = __builtin_frame_address(0);
#pragma omp task firstprivate(here)
        {
            int flags, num;
            data_t *task, *region;
            frames_t *frames;
            CHECK(flags_at(0) & EXPLICIT && flags_at(1) & IMPLICIT && flags_at(2) & INITIAL, "levels");
            CHECK(ask.get_task_info(0, &flags, &task, &frames, &region, &num) == 2, "task");
            CHECK(frames->exit.ptr && !frames->enter.ptr, "frames of a task that runs");
            CHECK(num == omp_get_thread_num(), "%d", num);
            char *exit = frames->exit.ptr;
            CHECK(exit > (char *) __builtin_frame_address(0), "the runtime called this frame");
            CHECK(ask.get_task_info(1, &flags, &task, &frames, &region, &num) == 2, "task");
            CHECK(frames->exit.ptr && frames->enter.ptr, "frames of a task that waits");
            (void) here;
        }
#pragma omp taskwait
    }
    uint64_t id;
    CHECK(ask.get_state(&id) == 0, "serial work");
#pragma omp parallel
    CHECK(ask.get_state(NULL) == 1, "parallel work");
    CHECK(ask.get_state(&id) == 0, "serial work");
}

static void *stranger(void *unused)
{
    (void) unused;
    int size;
    data_t *region;
    CHECK(!ask.get_thread_data() && flags_at(0) == -1, "a thread that knows no OpenMP");
    CHECK(!ask.get_parallel_info(0, &region, &size), "its region");
    return NULL;
}

static void *guest(void *unused)
{
    (void) unused;
#pragma omp parallel num_threads(2)
    CHECK(ask.get_thread_data(), "a thread of another region");
    return NULL;
}

int main(void)
{
    pthread_t thread;
#pragma omp parallel
    CHECK(ask.get_thread_data(), "no word");
    names();
    machine();
    tasks();
    uint64_t first = ask.get_unique_id();
    CHECK(first && ask.get_unique_id() != first, "numbers");
    for (int i = 0; i < 20; i++) {
        CHECK(!pthread_create(&thread, NULL, i % 2 ? guest : stranger, NULL), "a thread");
        pthread_join(thread, NULL);
    }
    CHECK(implicit_tasks > 0, "no implicit task");
    return 0;
}
