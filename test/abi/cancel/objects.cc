/*
 * A cancelled construct destroys its objects: private copies, those of tasks, those
 * in try blocks.
 * env: OMP_CANCELLATION=true
 */
#include "../check.h"
#include <atomic>
#include <stdexcept>

static std::atomic<int> made, ended;

struct Object {
    int value;
    explicit Object(int v) : value(v) { made++; }
    Object(const Object &other) : value(other.value) { made++; }
    Object &operator=(const Object &) = default;
    ~Object() { ended++; }
};

static void balanced(const char *where)
{
    CHECK(made == ended && made > 0, "%s: %d made, %d ended", where, made.load(), ended.load());
    made = ended = 0;
}

static void region()
{
    Object shared(1), first(2);
#pragma omp parallel firstprivate(first)
    {
        Object local(omp_get_thread_num());
        try {
            Object inner(first.value);
            if (local.value == 0) {
#pragma omp cancel parallel
            }
            if (local.value == 1)
                throw std::runtime_error("one");
        } catch (const std::exception &) {
            Object caught(3);
#pragma omp cancellation point parallel
        }
#pragma omp barrier
        CHECK(0, "%d goes on", local.value);
    }
}

static void loop(int stop)
{
    Object first(stop), last(0);
#pragma omp parallel
    {
#pragma omp for firstprivate(first) schedule(dynamic)
        for (int i = 0; i < 100; i++) {
            Object local(i);
#pragma omp cancel for if (i == first.value)
            try {
                if (i % 7 == 0)
                    throw i;
                Object inner(i);
#pragma omp cancellation point for
            } catch (int caught) {
                CHECK(caught == i, "%d", caught);
#pragma omp cancel for if (i == 77)
            }
        }
#pragma omp sections firstprivate(first)
        {
#pragma omp section
            {
                Object local(first);
#pragma omp cancel sections
            }
#pragma omp section
            {
                Object local(first);
#pragma omp cancellation point sections
            }
        }
    }
}

static void tasks(int stop)
{
    int begun = 0;
    Object first(5);
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup
    for (int i = 0; i < 50; i++) {
        Object copied(i);
#pragma omp task firstprivate(copied, first) shared(begun)
        {
            Object local(copied);
            CHECK(first.value == 5 && copied.value == i, "%d %d", first.value, copied.value);
#pragma omp atomic
            begun++;
#pragma omp cancel taskgroup if (copied.value == stop)
            Object after(1);
#pragma omp cancellation point taskgroup
        }
    }
    CHECK(begun > 0 && begun <= 50, "%d", begun);
}

int main()
{
    for (int round = 0; round < 50; round++) {
        region();
        balanced("parallel");
        loop(round);
        balanced("for");
        tasks(round);
        balanced("task");
    }
    return 0;
}
