/* Ordered regions run in iteration order, whatever the schedule. */
#include "../check.h"

static long next_one;

#define LOOP(clauses) \
    do { \
        next_one = 0; \
        _Pragma("omp parallel") \
        { \
            _Pragma(clauses) for (long i = 0; i < 300; i++) { \
                if (i % 7 != 3) \
                    _Pragma("omp ordered") \
                    { \
                        CHECK(next_one <= i, "%s: %ld after %ld", clauses, i, next_one); \
                        next_one = i + 1; \
                    } \
            } \
        } \
        CHECK(next_one == 300, "%s: %ld", clauses, next_one); \
    } while (0)

int main(void)
{
    for (int round = 0; round < 5; round++) {
        LOOP("omp for ordered");
        LOOP("omp for ordered schedule(static, 1)");
        LOOP("omp for ordered schedule(static, 5)");
        LOOP("omp for ordered schedule(dynamic)");
        LOOP("omp for ordered schedule(dynamic, 3) nowait");
        LOOP("omp for ordered schedule(guided)");
        LOOP("omp for ordered schedule(runtime)");
    }
    return 0;
}
