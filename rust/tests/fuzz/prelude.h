/*
 * Shared by the generated programs.  Every construct is a function that any thread may
 * call at any time.  It checks itself, and a mistake ends the program with the
 * construct's name.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Wunused"

typedef signed char schar;
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned long ulong;
typedef long long llong;
typedef unsigned long long ullong;

/* The construct that runs, for the message of a signal; if nested, the last one begun. */
static const char *volatile current = "(none)";

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        _exit(1);
}

static void on_signal(int number)
{
    say("construct ");
    say(current);
    say(number == SIGALRM ? ": hangs\n" : number == SIGABRT ? ": aborts\n" : ": crashes\n");
    _exit(1);
}

#define FAIL(...)                                                                        \
    do {                                                                                 \
        char text[400];                                                                  \
        int used = snprintf(text, sizeof text, "construct %s: line %d: ", NAME, __LINE__); \
        snprintf(text + used, sizeof text - used, __VA_ARGS__);                          \
        say(strcat(text, "\n"));                                                         \
        _exit(1);                                                                        \
    } while (0)

/* What libgomp does not do: a waiting thread does not execute its grandchildren, and
   products with large chunks overflow. */
#ifndef SHALLOW
#define SHALLOW 0
#endif
#define CHUNK(size) (SHALLOW && (size) > 1000 ? 1000 : (size))

/* Values that the compiler must not know. */
#define SAME(type) \
    __attribute__((noinline, noipa)) static type same_##type(type x) { return x; }
SAME(schar) SAME(uchar) SAME(short) SAME(ushort) SAME(int) SAME(unsigned)
SAME(long) SAME(ulong) SAME(llong) SAME(ullong)

static inline unsigned mix(unsigned x)
{
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}

/* Lets another thread go first now and then. */
static void jitter(unsigned x)
{
    x = mix(x);
    if (x % 16 == 0)
        sched_yield();
    if (x % 512 == 1)
        usleep(x % 64);
    for (volatile unsigned i = 0; i < (x >> 8) % 32; i++)
        ;
}

static inline void mark(unsigned char *seen)
{
    __atomic_fetch_add(seen, 1, __ATOMIC_RELAXED);
}

static inline int more(int *count)
{
    return __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
}

static inline int read_int(const int *from)
{
    return __atomic_load_n(from, __ATOMIC_RELAXED);
}

static void *must(size_t size)
{
    void *block = calloc(1, size);
    if (!block) {
        say("no memory\n");
        _exit(1);
    }
    return block;
}

/* Points in time, to check which event comes first. */
static long clock_hand;
static inline long tick(void)
{
    return __atomic_add_fetch(&clock_hand, 1, __ATOMIC_SEQ_CST);
}

/* Dependence graphs. */
enum { IN, OUT, INOUT, MUTEX, SET };
/* GCC 12 has no inoutset, and GCC 16 breaks down at one beside an iterator. */
#if __GNUC__ >= 13 && __GNUC__ < 16
#define INOUTSET inoutset
#define INOUTSET_KIND SET
#else
#define INOUTSET inout
#define INOUTSET_KIND INOUT
#endif

struct dependence { short task, kind, variable; };
struct span { long start, end, fulfilled; };

/* The first pair of tasks of which one should have waited for the other. */
static bool disordered(const struct dependence *list, int length, const struct span *spans,
                       int *first, int *second)
{
    for (int b = 0; b < length; b++)
        for (int a = 0; a < b; a++) {
            if (list[a].task == list[b].task || list[a].variable != list[b].variable)
                continue;
            const struct span *x = &spans[list[a].task], *y = &spans[list[b].task];
            int kind = list[a].kind;
            bool wrong;
            if (kind != list[b].kind || kind == OUT || kind == INOUT)
                wrong = y->start < x->end || y->start < x->fulfilled;
            else if (kind == MUTEX)
                wrong = x->start < y->start ? y->start < x->end : x->start < y->end;
            else
                wrong = false;
            if (wrong) {
                *first = list[a].task;
                *second = list[b].task;
                return true;
            }
        }
    return false;
}

struct pair { long sum, least, count; };
#pragma omp declare reduction(merge : struct pair :                                      \
        (omp_out.sum += omp_in.sum, omp_out.count += omp_in.count,                       \
         omp_out.least = omp_in.least < omp_out.least ? omp_in.least : omp_out.least))   \
    initializer(omp_priv = { 0, LONG_MAX, 0 })

/* Calls of a construct from different places. */
typedef void construct(int team);
struct call { construct *what; int team; };

static void *in_thread(void *call)
{
    struct call *it = call;
    it->what(it->team);
    return NULL;
}

static void in_threads(construct *what, int team, int count)
{
    pthread_t threads[4];
    struct call it = { what, team };
    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, in_thread, &it)) {
            say("no thread\n");
            _exit(1);
        }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static void in_region(construct *what, int team, int outer)
{
    #pragma omp parallel num_threads(outer)
    what(team);
}

static void in_regions(construct *what, int team, int outer)
{
    #pragma omp parallel num_threads(2)
    #pragma omp parallel num_threads(outer)
    what(team);
}

static void in_tasks(construct *what, int team, int count)
{
    #pragma omp parallel num_threads(2)
    #pragma omp single
    for (int i = 0; i < count; i++) {
        #pragma omp task
        what(team);
    }
}
