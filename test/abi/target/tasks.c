/* Target regions and tasks: reductions, events, and each inside the other.
 * not by Clang: its target is no region of its own
 */
#include "../check.h"

static void reductions(void)
{
    int sum = 0;
    double product = 1;
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup task_reduction(+: sum) task_reduction(*: product)
    for (int i = 1; i <= 20; i++) {
#pragma omp target in_reduction(+: sum)
        sum += i;
#pragma omp task in_reduction(*: product) in_reduction(+: sum)
        {
            product *= 2;
#pragma omp target in_reduction(+: sum)
            sum += 1000;
        }
    }
    CHECK(sum == 20210 && product == 1 << 20, "sum %d product %g", sum, product);
}

static void events(void)
{
    omp_event_handle_t event;
    int x = 0, y = 0;
#pragma omp parallel
#pragma omp single
    {
#pragma omp task detach(event) depend(out: x) shared(x)
        x = 1;
#pragma omp target nowait depend(in: x) depend(out: y) map(to: x) map(tofrom: y)
        y = x + 1;
#pragma omp target enter data map(to: x) nowait depend(inout: x)
        omp_fulfill_event(event);
        int seen = 0;
#pragma omp target depend(in: y) map(to: y) map(from: seen)
        seen = y;
        CHECK(seen == 2, "after the event: %d", seen);
    }
}

static int nested(void)
{
    int level = -1;
#pragma omp target map(from: level)
    level = omp_get_level();
    return level;
}

static void inside(void)
{
    int count = 0, levels = -1;
#pragma omp target map(tofrom: count, levels)
    {
#pragma omp parallel
#pragma omp single
        {
            int inner;
            for (int i = 0; i < 50; i++)
#pragma omp task
#pragma omp atomic
                count++;
            inner = nested();
            levels = 10 * omp_get_level() + inner;
        }
#pragma omp task shared(count)
        count += 1000;
#pragma omp taskgroup
#pragma omp taskloop shared(count)
        for (int i = 0; i < 10; i++)
#pragma omp atomic
            count++;
    }
    CHECK(count == 1060 && levels == 10, "tasks %d, levels %d", count, levels);
    /* A final task's target is included; one in a task's group counts there. */
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup
#pragma omp task shared(count)
#pragma omp target nowait map(tofrom: count)
    count = 5;
    CHECK(count == 5, "the taskgroup did not wait: %d", count);
}

int main(void)
{
    for (int round = 0; round < 20; round++) {
        reductions();
        inside();
        events();
    }
    return 0;
}
