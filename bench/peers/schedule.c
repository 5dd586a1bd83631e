/*
 * A worksharing loop of 8192 iterations a thread, a few nanoseconds each, under
 * every schedule with chunks of 1, 2, 4 and so on: the time of the whole loop,
 * its barrier included.
 */
#include <omp.h>

#include "rows.h"

enum { ITERATIONS = 8192, WORK = 2 };

static int chunk;

#define LOOPS(name, clause)                                                                        \
    static void name(long n)                                                                       \
    {                                                                                              \
        _Pragma("omp parallel") for (long j = 0; j < n; j++)                                       \
        {                                                                                          \
            long all = (long)ITERATIONS * omp_get_num_threads();                                   \
            _Pragma(clause) for (long i = 0; i < all; i++) work(WORK);                             \
        }                                                                                          \
    }

LOOPS(undivided, "omp for schedule(static)")
LOOPS(static_, "omp for schedule(static, chunk)")
LOOPS(dynamic, "omp for schedule(dynamic, chunk)")
LOOPS(guided, "omp for schedule(guided, chunk)")

static void rows_of(const char *schedule, operation *run)
{
    for (chunk = 1; chunk <= ITERATIONS / 2; chunk *= chunk < 16 ? 2 : 4) {
        char name[32];
        snprintf(name, sizeof name, "%s,%d", schedule, chunk);
        row(name, sampled(run, NULL, 1));
    }
}

int main(void)
{
    row("static", sampled(undivided, NULL, 1));
    rows_of("static", static_);
    rows_of("dynamic", dynamic);
    rows_of("guided", guided);
    return 0;
}
