/*
 * Entry points of LLVM's ABI with a variable number of arguments, and the call of a
 * microtask, which has one parameter for each variable of a region. They put the arguments
 * into an array, and call rust/src/abi/kmpc.
 *
 * All arguments are pointers or as large as one. A function may be called with more
 * arguments than it has: on all our platforms the caller removes them. So a few sizes of
 * calls serve all numbers of arguments.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void function(void);

void ghcomp_microtask_fork(function *microtask, int32_t count, void *const *arguments);
void ghcomp_microtask_teams(function *microtask, int32_t count, void *const *arguments);

#define FRONT(name, core)                                                     \
    __attribute__((visibility("default"))) void name(                         \
        void *location, int32_t count, function *microtask, ...)              \
    {                                                                         \
        void *arguments[count > 4 ? count : 4];                               \
        va_list rest;                                                         \
                                                                              \
        (void) location;                                                      \
        va_start(rest, microtask);                                            \
        for (int32_t i = 0; i < count; i++)                                   \
            arguments[i] = va_arg(rest, void *);                              \
        va_end(rest);                                                         \
        core(microtask, count, arguments);                                    \
    }

/* Runs a parallel region: a team calls the microtask with the `count` arguments. */
FRONT(__kmpc_fork_call, ghcomp_microtask_fork)

/* Runs a league of teams, whose initial threads call the microtask. */
FRONT(__kmpc_fork_teams, ghcomp_microtask_teams)

#define P4 void *, void *, void *, void *
#define P12 P4, P4, P4
#define P60 P12, P12, P12, P12, P12
#define P256 P60, P60, P60, P60, P12, P4
#define P1024 P256, P256, P256, P256
#define A4(i) a[i], a[i + 1], a[i + 2], a[i + 3]
#define A12(i) A4(i), A4(i + 4), A4(i + 8)
#define A60(i) A12(i), A12(i + 12), A12(i + 24), A12(i + 36), A12(i + 48)
#define A256(i) A60(i), A60(i + 60), A60(i + 120), A60(i + 180), A12(i + 240), A4(i + 252)
#define A1024 A256(0), A256(256), A256(512), A256(768)

/*
 * A call with so many arguments, each size in a function of its own: a small call must not
 * have the stack frame of a large one.
 */
#define CALL(size, types, values)                                                       \
    static __attribute__((noinline)) void call_##size(                                  \
        function *microtask, const int32_t *global, const int32_t *bound,               \
        int32_t count, void *const *arguments)                                          \
    {                                                                                   \
        void *a[size] = { 0 };                                                          \
        memcpy(a, arguments, (size_t) count * sizeof *a);                               \
        ((void (*)(const int32_t *, const int32_t *, types)) microtask)(global, bound,  \
                                                                        values);        \
    }

CALL(12, P12, A12(0))
CALL(60, P60, A60(0))
CALL(256, P256, A256(0))
CALL(1024, P1024, A1024)

/* Calls the microtask with the two numbers, and the arguments, of which there are `count`. */
void ghcomp_microtask_call(function *microtask, const int32_t *global, const int32_t *bound,
                           int32_t count, void *const *arguments)
{
    if (count <= 4) {
        void *const *a = arguments; /* FRONT has at least four. */
        ((void (*)(const int32_t *, const int32_t *, P4)) microtask)(global, bound, A4(0));
    } else if (count <= 12)
        call_12(microtask, global, bound, count, arguments);
    else if (count <= 60)
        call_60(microtask, global, bound, count, arguments);
    else if (count <= 256)
        call_256(microtask, global, bound, count, arguments);
    else if (count <= 1024)
        call_1024(microtask, global, bound, count, arguments);
    else {
        fprintf(stderr, "ghcomp: a region of %d variables; at most 1024 are supported\n",
                (int) count);
        exit(EXIT_FAILURE);
    }
}
