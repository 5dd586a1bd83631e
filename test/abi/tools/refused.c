/* ours only: libgomp has no interface for tools.
 * env: OMP_TOOL_VERBOSE_INIT=stderr
 * prints: initialize answers 0
 * A tool that does not want to run hears of nothing. */
#include "../check.h"

typedef void function(void);
static int begun;

static void parallel_begin(void) { begun++; }

static int initialize(function *(*lookup)(const char *), int device, void *data)
{
    (void) device, (void) data;
    int (*set_callback)(int, function *) = (int (*)(int, function *)) lookup("ompt_set_callback");
    set_callback(3, parallel_begin);
    return 0;
}

typedef struct {
    int (*initialize)(function *(*)(const char *), int, void *);
    void (*finalize)(void *);
    uint64_t data;
} tool_t;

tool_t *ompt_start_tool(unsigned version, const char *runtime);
tool_t *ompt_start_tool(unsigned version, const char *runtime)
{
    static tool_t tool = {initialize, NULL, 0};
    (void) version, (void) runtime;
    return &tool;
}

int main(void)
{
    int n = 0;
#pragma omp parallel reduction(+ : n)
    n++;
    CHECK(begun == 0 && n > 0, "%d", begun);
    return 0;
}
