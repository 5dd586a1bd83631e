/* Loops as a compiler writes them: schedules, types, collapse, clauses. */
#include "../check.h"

enum { n = 997 };
static int counts[n];

static void all_once(const char *what)
{
    for (int i = 0; i < n; i++) {
        CHECK(counts[i] == 1, "%s: iteration %d ran %d times", what, i, counts[i]);
        counts[i] = 0;
    }
}

#define HIT(i) _Pragma("omp atomic") counts[i]++
#define LOOP(clauses) \
    do { \
        _Pragma("omp parallel") \
        { \
            _Pragma(clauses) for (int i = 0; i < n; i++) { HIT(i); } \
            _Pragma(clauses) for (int i = n - 1; i >= 0; i--) {} \
        } \
        all_once(clauses); \
    } while (0)

int main(void)
{
    for (int round = 0; round < 20; round++) {
        LOOP("omp for");
        LOOP("omp for schedule(static, 5)");
        LOOP("omp for schedule(dynamic)");
        LOOP("omp for schedule(dynamic, 13) nowait");
        LOOP("omp for schedule(monotonic: dynamic, 2)");
        LOOP("omp for schedule(nonmonotonic: guided, 3)");
        LOOP("omp for schedule(guided)");
        LOOP("omp for schedule(auto)");
        LOOP("omp for schedule(runtime)");
        LOOP("omp for schedule(monotonic: runtime)");
    }
    for (int kind = 1; kind <= 4; kind++)
        for (int chunk = 0; chunk < 5; chunk++) {
            omp_set_schedule((omp_sched_t)kind, chunk);
            LOOP("omp for schedule(runtime)");
        }

    long sum = 0, last = 0;
#pragma omp parallel for schedule(dynamic, 4) reduction(+ : sum) lastprivate(last)
    for (long i = 10; i < 1000; i += 7) {
        sum += i;
        last = i;
    }
    CHECK(last == 997 && sum == (10 + 997) * 142 / 2, "last %ld sum %ld", last, sum);

    unsigned long long usum = 0, high = ULLONG_MAX - 999;
#pragma omp parallel for schedule(guided, 7) reduction(+ : usum)
    for (unsigned long long i = high; i < ULLONG_MAX; i += 3)
        usum += i - high;
    CHECK(usum == 3ull * 332 * 333 / 2, "%llu", usum);

    int cells = 0;
#pragma omp parallel for collapse(3) schedule(dynamic, 3) reduction(+ : cells)
    for (int i = 0; i < 7; i++)
        for (int j = 5; j > 0; j--)
            for (long k = 0; k < 9; k += 2)
                cells += 1;
    CHECK(cells == 7 * 5 * 5, "%d", cells);

    /* Far ahead: thread 0 runs many loops before the others start. */
    int ready = 0, total = 0;
#pragma omp parallel reduction(+ : total)
    {
        int seen;
        if (omp_get_thread_num() != 0)
            do {
#pragma omp atomic read
                seen = ready;
            } while (!seen);
        for (int loop = 0; loop < 100; loop++)
#pragma omp for schedule(dynamic, 3) nowait
            for (int i = 0; i < 50; i++)
                total++;
        if (omp_get_thread_num() == 0)
#pragma omp atomic write
            ready = 1;
    }
    CHECK(total == 5000, "%d", total);
    return 0;
}
