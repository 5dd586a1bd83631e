/*
 * cancel for, cancel sections: a thread that sees it leaves, the others finish the
 * chunk they have, and all meet at the construct's end.
 * env: OMP_CANCELLATION=true
 */
#include "../check.h"

static int team, hits[1000];
static void at_most_once(int from);
#include "combined.h"

static void at_most_once(int from)
{
    for (int i = 0; i < 1000; i++) {
        CHECK(hits[i] <= 1 && (i < from || hits[i] == 0), "iteration %d: %d", i, hits[i]);
        hits[i] = 0;
    }
}

/* Every thread stops before its first iteration at or above `stop`. */
#define LOOP(name, clauses)                                                              \
    static void name(int stop)                                                           \
    {                                                                                    \
        int ended = 0;                                                                   \
        _Pragma("omp parallel")                                                          \
        {                                                                                \
            _Pragma(clauses) for (int i = 0; i < 1000; i++)                              \
            {                                                                            \
                _Pragma("omp cancel for if (i >= stop)") hits[i]++;                      \
                _Pragma("omp cancellation point for")                                    \
            }                                                                            \
            CHECK(hits[stop] == 0, "%d ran", stop);                                      \
            _Pragma("omp barrier") _Pragma("omp atomic") ended++;                        \
            /* The next loop is whole. */                                                \
            _Pragma("omp for reduction(+ : ended)") for (int i = 0; i < 100; i++)        \
                ended++;                                                                 \
            _Pragma("omp for schedule(dynamic)") for (int i = 0; i < 100; i++)           \
            {                                                                            \
                _Pragma("omp cancellation point for") _Pragma("omp atomic") ended++;     \
            }                                                                            \
        }                                                                                \
        CHECK(ended == team + 200, "%d", ended);                                         \
        at_most_once(stop);                                                              \
    }

LOOP(blocks, "omp for schedule(static)")
LOOP(chunks, "omp for schedule(static, 3)")
LOOP(dynamic, "omp for schedule(dynamic)")
LOOP(guided, "omp for schedule(guided)")
LOOP(at_run_time, "omp for schedule(runtime)")
LOOP(monotonic, "omp for schedule(monotonic: dynamic, 7)")

static void sections(void)
{
    int ran = 0, after = 0;
#pragma omp parallel
    {
#pragma omp sections
        {
#pragma omp section
            {
#pragma omp cancel sections
                CHECK(0, "%d", omp_get_thread_num());
            }
#pragma omp section
            {
#pragma omp cancellation point sections
#pragma omp atomic
                ran++;
            }
#pragma omp section
            {
#pragma omp cancel sections if (0)
#pragma omp atomic
                ran++;
            }
        }
#pragma omp atomic
        after++;
#pragma omp sections
        {
#pragma omp section
#pragma omp atomic
            after++;
#pragma omp section
            {
#pragma omp cancellation point sections
#pragma omp atomic
                after++;
            }
        }
    }
    CHECK(ran <= 2 && after == team + 2, "%d %d", ran, after);
}

/* An earlier nowait loop in which others still are is not cancelled. */
static void the_right_loop(void)
{
    int before = 0;
#pragma omp parallel
    {
#pragma omp for schedule(dynamic) nowait
        for (int i = 0; i < 200; i++)
#pragma omp atomic
            before++;
#pragma omp for
        for (int i = 0; i < 100; i++) {
#pragma omp cancel for
        }
    }
    CHECK(before == 200, "%d", before);
}

/* cancel parallel while others are in a loop, and waiting at its end. */
static void region_in_a_loop(void)
{
    int after = 0;
#pragma omp parallel
    {
        if (omp_get_thread_num() == 0) {
#pragma omp cancel parallel
        }
#pragma omp for schedule(dynamic)
        for (int i = 0; i < 1000; i++) {
            hits[i]++;
        }
#pragma omp atomic
        after++;
    }
    CHECK(after == 0, "%d", after);
    at_most_once(1000);
#pragma omp parallel
    {
        if (omp_get_thread_num() == team - 1) {
#pragma omp cancel parallel
        }
#pragma omp for
        for (int i = 0; i < 1000; i++) {
#pragma omp cancellation point for
            hits[i]++;
        }
#pragma omp atomic
        after++;
    }
    CHECK(after == 0, "%d", after);
    at_most_once(1000);
}

int main(void)
{
    team = omp_get_max_threads();
    for (int round = 0; round < 30; round++) {
        int stop = round * 37 % 1000;
        blocks(stop);
        chunks(stop);
        dynamic(stop);
        guided(stop);
        at_run_time(stop);
        monotonic(stop);
        combined(stop);
        sections();
        combined_sections();
        the_right_loop();
        region_in_a_loop();
    }
    return 0;
}
