// Tasks in C++: data with constructors, also where the task waits for others,
// and exceptions that stay in the task.
// not by Clang before 22: does not align private variables
#include "../check.h"
#include <atomic>
#include <stdexcept>
#include <vector>

static std::atomic<int> alive, copies;

struct alignas(128) Counted {
    int value;
    explicit Counted(int value) : value(value) { alive++; }
    Counted(const Counted &other) : value(other.value)
    {
        alive++;
        copies++;
    }
    ~Counted()
    {
        value = -1;
        alive--;
    }
};

static void in_order(bool deferrable)
{
    std::vector<int> seen;
    int gate = 0;
    {
        for (int i = 0; i < 20; i++) {
            Counted counted(i);
#pragma omp task firstprivate(counted) shared(seen) depend(inout : gate) if (deferrable)
            {
                CHECK((uintptr_t)&counted % 128 == 0, "at %p", (void *)&counted);
                try {
                    if (counted.value % 3 == 0)
                        throw std::runtime_error("three");
                    seen.push_back(counted.value);
                } catch (const std::runtime_error &) {
                    seen.push_back(-counted.value);
                }
            }
        }
#pragma omp taskwait depend(in : gate)
    }
    CHECK(seen.size() == 20 && gate == 0, "%zu tasks", seen.size());
    for (int i = 0; i < 20; i++)
        CHECK(seen[i] == (i % 3 ? i : -i), "%d at %d", seen[i], i);
#pragma omp taskwait
}

int main()
{
    for (int deferrable = 0; deferrable < 2; deferrable++) {
        in_order(deferrable);
#pragma omp parallel
        {
            in_order(deferrable);
#pragma omp single
#pragma omp taskgroup
            for (int i = 0; i < 10; i++)
#pragma omp task
                in_order(deferrable);
        }
    }
    CHECK(alive == 0, "%d objects left", alive.load());
    CHECK(copies > 0, "no copies");
    return 0;
}
