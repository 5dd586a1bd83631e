/*
 * The interface for tools as the specification has it (OpenMP 5.2, chapter 19), as far as
 * these programs use it: gcc has no omp-tools.h. A program's tool gives `callbacks`, and
 * the functions of the runtime are in `ask`.
 */
#ifndef TOOL_H
#define TOOL_H

#include "../check.h"

typedef union { uint64_t value; void *ptr; } data_t;
typedef struct { data_t exit, enter; int exit_flags, enter_flags; } frames_t;
typedef struct { data_t variable; int kind; } dependence_t;
typedef struct { uint64_t start, iterations; } chunk_t;

enum {
    THREAD_BEGIN = 1, THREAD_END, PARALLEL_BEGIN, PARALLEL_END, TASK_CREATE, TASK_SCHEDULE,
    IMPLICIT_TASK, CONTROL_TOOL = 11, SYNC_REGION_WAIT = 16, MUTEX_RELEASED, DEPENDENCES,
    TASK_DEPENDENCE, WORK, MASKED, SYNC_REGION = 23, LOCK_INIT, LOCK_DESTROY, MUTEX_ACQUIRE,
    MUTEX_ACQUIRED, NEST_LOCK, FLUSH, CANCEL, REDUCTION, DISPATCH, ERROR = 37, EVENTS,
};
enum { BEGIN = 1, END, BEGIN_AND_END };
enum { INITIAL = 1, IMPLICIT = 2, EXPLICIT = 4, UNDEFERRED = 0x08000000 };
enum { COMPLETE = 1, YIELD, CANCELLED, DETACH, EARLY_FULFILL, LATE_FULFILL, SWITCH };

typedef void function(void);

static struct {
    int (*set_callback)(int, function *);
    int (*get_callback)(int, function **);
    int (*enumerate_states)(int, int *, const char **);
    int (*enumerate_mutex_impls)(int, int *, const char **);
    data_t *(*get_thread_data)(void);
    int (*get_state)(uint64_t *);
    int (*get_task_info)(int, int *, data_t **, frames_t **, data_t **, int *);
    int (*get_parallel_info)(int, data_t **, int *);
    int (*get_task_memory)(void **, size_t *, int);
    int (*get_target_info)(uint64_t *, uint64_t *, uint64_t *);
    int (*get_num_devices)(void);
    int (*get_num_procs)(void);
    int (*get_num_places)(void);
    int (*get_place_proc_ids)(int, int, int *);
    int (*get_place_num)(void);
    int (*get_partition_place_nums)(int, int *);
    int (*get_proc_id)(void);
    uint64_t (*get_unique_id)(void);
    void (*finalize_tool)(void);
} ask;

/* What the program defines. */
static void set_callbacks(void);
static void finalized(void);

static int initialize(function *(*lookup)(const char *), int device, data_t *data)
{
#define LOOK_UP(name)                                              \
    ask.name = (__typeof__(ask.name)) lookup("ompt_" #name);       \
    CHECK(ask.name, "there is no ompt_" #name)
    LOOK_UP(set_callback);
    LOOK_UP(get_callback);
    LOOK_UP(enumerate_states);
    LOOK_UP(enumerate_mutex_impls);
    LOOK_UP(get_thread_data);
    LOOK_UP(get_state);
    LOOK_UP(get_task_info);
    LOOK_UP(get_parallel_info);
    LOOK_UP(get_task_memory);
    LOOK_UP(get_target_info);
    LOOK_UP(get_num_devices);
    LOOK_UP(get_num_procs);
    LOOK_UP(get_num_places);
    LOOK_UP(get_place_proc_ids);
    LOOK_UP(get_place_num);
    LOOK_UP(get_partition_place_nums);
    LOOK_UP(get_proc_id);
    LOOK_UP(get_unique_id);
    LOOK_UP(finalize_tool);
    CHECK(!lookup("ompt_no_such_function"), "a function that does not exist");
    CHECK(device == 0 && data->value == 77, "device %d, data %d", device, (int) data->value);
    data->value++;
    set_callbacks();
    return 1;
}

static void finalize(data_t *data)
{
    CHECK(data->value == 78, "the tool's data: %d", (int) data->value);
    finalized();
}

typedef struct {
    int (*initialize)(function *(*)(const char *), int, data_t *);
    void (*finalize)(data_t *);
    data_t data;
} tool_t;

/* Called by the runtime. */
tool_t *ompt_start_tool(unsigned version, const char *runtime);
tool_t *ompt_start_tool(unsigned version, const char *runtime)
{
    static tool_t tool = {initialize, finalize, {77}};
    CHECK(version >= 201811 && runtime && *runtime, "version %u", version);
    return &tool;
}

static void listen_to(int event, void *callback, int how)
{
    int result = ask.set_callback(event, (function *) callback);
    function *back = NULL;
    CHECK(result == how, "event %d: %d", event, result);
    CHECK(ask.get_callback(event, &back) == 1 && back == (function *) callback, "event %d", event);
}

/* Whether the address is in the program's own code. */
extern char __executable_start, etext;
static inline bool is_ours(const void *code)
{
    return (const char *) code > &__executable_start && (const char *) code < &etext;
}

#endif
