/* ours only: libgomp's own arithmetic overflows at the ends of the range.
 * Calls every loop entry directly, at the ends of the range. */
#include "../check.h"

typedef unsigned long long ull;
bool GOMP_loop_start(long, long, long, long, long, long *, long *, uintptr_t *, void **);
bool GOMP_loop_ordered_start(long, long, long, long, long, long *, long *, uintptr_t *, void **);
bool GOMP_loop_ull_start(bool, ull, ull, ull, long, ull, ull *, ull *, uintptr_t *, void **);
bool GOMP_loop_ull_ordered_start(bool, ull, ull, ull, long, ull, ull *, ull *, uintptr_t *, void **);
void GOMP_loop_end(void);
void GOMP_loop_end_nowait(void);

/* A kind's entries for both types; the runtime kinds have no chunk. */
#define CHUNKED(kind) \
    bool GOMP_loop_##kind##_start(long, long, long, long, long *, long *); \
    bool GOMP_loop_ull_##kind##_start(bool, ull, ull, ull, ull, ull *, ull *); \
    NEXT(kind) \
    static bool start_##kind(long s, long e, long i, long c, long *f, long *t) \
    { return GOMP_loop_##kind##_start(s, e, i, c, f, t); } \
    static bool ustart_##kind(bool up, ull s, ull e, ull i, ull c, ull *f, ull *t) \
    { return GOMP_loop_ull_##kind##_start(up, s, e, i, c, f, t); }
#define RUNTIME(kind) \
    bool GOMP_loop_##kind##_start(long, long, long, long *, long *); \
    bool GOMP_loop_ull_##kind##_start(bool, ull, ull, ull, ull *, ull *); \
    NEXT(kind) \
    static bool start_##kind(long s, long e, long i, long c, long *f, long *t) \
    { (void)c; return GOMP_loop_##kind##_start(s, e, i, f, t); } \
    static bool ustart_##kind(bool up, ull s, ull e, ull i, ull c, ull *f, ull *t) \
    { (void)c; return GOMP_loop_ull_##kind##_start(up, s, e, i, f, t); }
#define NEXT(kind) \
    bool GOMP_loop_##kind##_next(long *, long *); \
    bool GOMP_loop_ull_##kind##_next(ull *, ull *);
CHUNKED(static) CHUNKED(dynamic) CHUNKED(guided)
CHUNKED(nonmonotonic_dynamic) CHUNKED(nonmonotonic_guided)
CHUNKED(ordered_static) CHUNKED(ordered_dynamic) CHUNKED(ordered_guided)
RUNTIME(runtime) RUNTIME(nonmonotonic_runtime) RUNTIME(maybe_nonmonotonic_runtime)
RUNTIME(ordered_runtime)

#define WORD(name, kind, entry) \
    static bool start_##name(long s, long e, long i, long c, long *f, long *t) \
    { return GOMP_loop_##entry(s, e, i, kind, c, f, t, NULL, NULL); } \
    static bool ustart_##name(bool up, ull s, ull e, ull i, ull c, ull *f, ull *t) \
    { return GOMP_loop_ull_##entry(up, s, e, i, kind, c, f, t, NULL, NULL); }
WORD(word_runtime, 0, start)
WORD(word_static, 1 | (long)0x80000000u, start)
WORD(word_dynamic, 2, start)
WORD(word_monotonic, 2 | (long)0x80000000u, start)
WORD(word_guided, 3, start)
WORD(word_auto, 4, start)
WORD(word_ordered, 2, ordered_start)

static const struct entry {
    const char *name;
    bool (*start)(long, long, long, long, long *, long *);
    bool (*next)(long *, long *);
    bool (*ustart)(bool, ull, ull, ull, ull, ull *, ull *);
    bool (*unext)(ull *, ull *);
    bool any_order;
} entries[] = {
#define NAMED(name, kind, any) \
    {#name, start_##name, GOMP_loop_##kind##_next, ustart_##name, GOMP_loop_ull_##kind##_next, any}
#define ENTRY(kind) NAMED(kind, kind, false)
#define ANY(kind) NAMED(kind, kind, true)
#define BY_WORD(name, kind) NAMED(name, kind, false)
    ENTRY(static), ENTRY(dynamic), ENTRY(guided), ENTRY(runtime),
    ANY(nonmonotonic_dynamic), ANY(nonmonotonic_guided), ANY(nonmonotonic_runtime),
    ANY(maybe_nonmonotonic_runtime), ENTRY(ordered_static), ENTRY(ordered_dynamic),
    ENTRY(ordered_guided), ENTRY(ordered_runtime),
    NAMED(word_runtime, runtime, true), BY_WORD(word_static, static),
    NAMED(word_dynamic, dynamic, true), NAMED(word_monotonic, dynamic, false),
    NAMED(word_guided, guided, true), BY_WORD(word_auto, static), BY_WORD(word_ordered, ordered_dynamic),
};

/* start, end, incr, chunk, and what a sequential loop would do */
static const struct space { long start, end, incr, chunk; ull trip; } spaces[] = {
    {0, 100, 1, 1, 100}, {0, 100, 1, 7, 100}, {0, 100, 7, 2, 15}, {100, 0, -1, 3, 100},
    {10, -11, -4, 1, 6}, {5, 5, 1, 1, 0}, {5, 0, 1, 1, 0}, {0, 5, -1, 1, 0}, {0, 1, 1, 1, 1},
    {0, 3, 100, 1, 1}, {-3, 3, 1, LONG_MAX, 6},
    {LONG_MIN, LONG_MAX, LONG_MAX / 4, 1, 9}, {LONG_MAX, LONG_MIN, LONG_MIN / 4, 1, 8},
    {LONG_MAX - 10, LONG_MAX, 1, 3, 10}, {LONG_MIN + 10, LONG_MIN, -1, 3, 10},
    {LONG_MAX - 5, LONG_MAX, 4, 1, 2}, {LONG_MIN, LONG_MAX, 1L << 55, 1L << 62, 512},
    {LONG_MIN, LONG_MAX, 1L << 55, 5, 512}, {0, 100, 1, 0, 100}, {0, 100, 3, -3, 34},
};

static ull visited, mixed;

/* Iterations are told apart by a sum of their numbers from 0. */
static void visit(ull number)
{
#pragma omp atomic
    visited++;
#pragma omp atomic
    mixed += number * number + 1;
}

static void expect(const char *name, const struct space *s)
{
    ull want = 0;
    for (ull i = 0; i < s->trip; i++)
        want += i * i + 1;
    CHECK(visited == s->trip && mixed == want, "%s: [%ld, %ld) by %ld, chunk %ld: %llu of %llu",
          name, s->start, s->end, s->incr, s->chunk, visited, s->trip);
    visited = mixed = 0;
}

static void run(const struct entry *e, const struct space *s, bool nowait)
{
#pragma omp parallel
    {
        long from, to;
        ull least = 0; /* a thread's chunks come in increasing order, where monotonic */
        bool more = e->start(s->start, s->end, s->incr, s->chunk, &from, &to);
        while (more) {
            /* Numbers, so that nothing overflows at the range's end. */
            ull first = ((ull)from - (ull)s->start) / (ull)s->incr;
            ull step = s->incr > 0 ? (ull)s->incr : -(ull)s->incr;
            ull distance = s->incr > 0 ? (ull)to - (ull)from : (ull)from - (ull)to;
            if (s->incr < 0)
                first = ((ull)s->start - (ull)from) / step;
            CHECK(distance > 0, "%s: an empty chunk", e->name);
            CHECK(first >= least, "%s: %llu after %llu", e->name, first, least);
            least = e->any_order ? 0 : first + 1;
            for (ull k = 0; k < (distance - 1) / step + 1; k++)
                visit(first + k);
            more = e->next(&from, &to);
        }
        if (nowait)
            GOMP_loop_end_nowait();
        else
            GOMP_loop_end();
    }
    expect(e->name, s);
#pragma omp parallel
    {
        /* The same values moved up, so that they are unsigned. */
        ull start = (ull)s->start + (1ull << 63), end = (ull)s->end + (1ull << 63), from, to;
        bool up = s->incr > 0, more = e->ustart(up, start, end, (ull)s->incr, (ull)s->chunk, &from, &to);
        ull step = up ? (ull)s->incr : -(ull)s->incr;
        while (more) {
            ull first = (up ? from - start : start - from) / step;
            ull distance = up ? to - from : from - to;
            for (ull k = 0; k < (distance - 1) / step + 1; k++)
                visit(first + k);
            more = e->unext(&from, &to);
        }
        if (nowait)
            GOMP_loop_end_nowait();
        else
            GOMP_loop_end();
    }
    expect(e->name, s);
}

int main(void)
{
    for (int round = 0; round < 5; round++)
        for (size_t e = 0; e < sizeof entries / sizeof *entries; e++)
            for (size_t s = 0; s < sizeof spaces / sizeof *spaces; s++)
                run(&entries[e], &spaces[s], (round + s) % 2);
    return 0;
}
