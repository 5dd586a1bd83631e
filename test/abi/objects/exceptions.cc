// Exceptions that are caught inside the construct that threw them: in regions, loops,
// criticals, tasks and ordered; and threadprivate objects with constructors and
// destructors.
#include <atomic>
#include <stdexcept>
#include <string>
#include "../check.h"

static std::atomic<int> constructed(0), destroyed(0);

struct PerThread {
    std::string text;
    int number;
    PerThread() : text("new"), number(constructed++) {}
    PerThread(const PerThread &other) : text(other.text), number(constructed++) {}
    PerThread &operator=(const PerThread &) = default;
    ~PerThread() { destroyed++; }
};

// g++ wants the directive before the definition.
extern PerThread own;
#pragma omp threadprivate(own)
PerThread own;

static int thrower(int i)
{
    struct Guard {
        int *p;
        ~Guard() { (*p)++; }
    };
    int unwound = 0;
    try {
        Guard guard = {&unwound};
        if (i % 3 == 0)
            throw std::runtime_error(std::to_string(i));
        return 0;
    } catch (const std::runtime_error &e) {
        return std::stoi(e.what()) == i && unwound == 1 ? 1 : 1000;
    }
}

int main()
{
    int before = constructed;
    CHECK(before >= 1 || own.text == "new", "the initial thread's object");
    for (int round = 0; round < 20; round++) {
        int caught = 0, inside = 0, tasks = 0, last = -1;
#pragma omp parallel reduction(+ : caught)
        {
#pragma omp for schedule(dynamic) nowait
            for (int i = 0; i < 300; i++)
                caught += thrower(i);
#pragma omp for ordered
            for (int i = 0; i < 30; i++) {
#pragma omp ordered
                {
                    try {
                        if (i != last + 1)
                            throw i;
                        last = i;
                        throw std::string("done");
                    } catch (const std::string &) {
                    }
                }
            }
            for (int i = 0; i < 10; i++) {
#pragma omp critical
                {
                    try {
                        throw 1;
                    } catch (int n) {
                        inside += n;
                    }
                }
            }
#pragma omp single
            for (int i = 0; i < 60; i++) {
#pragma omp task shared(tasks)
                {
                    int one = thrower(i);
#pragma omp atomic
                    tasks += one;
                }
            }
            own.text = std::to_string(omp_get_thread_num());
        }
        int size = 0;
#pragma omp parallel reduction(+ : size)
        {
            size++;
            CHECK(own.text == std::to_string(omp_get_thread_num()), "%s", own.text.c_str());
        }
        CHECK(caught == 100 && tasks == 20 && last == 29, "caught %d, tasks %d, last %d", caught, tasks, last);
        CHECK(inside == 10 * size, "in criticals: %d of %d", inside, size);
        CHECK(constructed - before <= size, "%d objects for %d threads", constructed - before, size);
    }
    return 0;
}
