/* ours only: libgomp has no interface for tools.
 * The program speaks to its tool, and the tool ends itself; a fork has a tool of its own. */
#include "tool.h"
#include <sys/wait.h>

int omp_control_tool(int command, int modifier, void *argument);

static int controls, regions, finals, threads;

static int control(uint64_t command, uint64_t modifier, void *argument, const void *code)
{
    CHECK(is_ours(code), "%p", code);
    controls++;
    *(int *) argument = (int) modifier;
    return (int) command;
}

static void parallel_begin(data_t *task, const frames_t *frames, data_t *region, unsigned asked,
                           int flags, const void *code)
{
    (void) task, (void) frames, (void) region, (void) asked, (void) flags, (void) code;
    regions++;
}

static void thread_begin(int kind, data_t *thread)
{
    (void) kind, (void) thread;
    __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
}

static void set_callbacks(void)
{
    listen_to(PARALLEL_BEGIN, parallel_begin, 5);
    listen_to(THREAD_BEGIN, thread_begin, 5);
}

static void finalized(void) { finals++; }

static void region(void)
{
#pragma omp parallel
    {
#pragma omp barrier
    }
}

int main(void)
{
    int seen = 0;
    region();
    CHECK(regions == 1 && threads >= 1, "%d regions, %d threads", regions, threads);
    CHECK(omp_control_tool(1, 0, NULL) == -1, "no callback");
    listen_to(CONTROL_TOOL, control, 5);
    CHECK(omp_control_tool(64, 42, &seen) == 64 && seen == 42 && controls == 1, "%d", seen);

    pid_t child = fork();
    if (child == 0) {
        int before = regions;
        region();
        CHECK(regions == before + 1, "the child's tool hears nothing");
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended by %x", status);

    listen_to(CONTROL_TOOL, control, 5);
    CHECK(ask.set_callback(PARALLEL_BEGIN, NULL) == 5, "unset");
    int before = regions;
    region();
    CHECK(regions == before, "a callback that was taken back");

    ask.finalize_tool();
    CHECK(finals == 1, "%d", finals);
    region();
    CHECK(omp_control_tool(1, 0, NULL) == -2, "no tool");
    ask.finalize_tool();
    CHECK(finals == 1 && ask.set_callback(WORK, NULL) == 0, "it ended twice");
    return 0;
}
