// Tasks whose firstprivate variables have constructors and destructors: each copy is
// made once and destroyed once, whether the task is deferred, undeferred, merged, final,
// or one of a taskloop.
#include <atomic>
#include <memory>
#include <string>
#include <vector>
#include "../check.h"

static std::atomic<long> made(0), destroyed(0);

struct Counted {
    std::vector<int> data;
    Counted *self;
    explicit Counted(int n) : data(n, n), self(this) { made++; }
    Counted(const Counted &other) : data(other.data), self(this) { made++; }
    ~Counted()
    {
        CHECK(self == this, "an object was moved by its bytes");
        destroyed++;
    }
};

struct alignas(64) Aligned {
    std::shared_ptr<long> count;
    char more[200];
};

static long fib(int n, std::shared_ptr<std::string> note)
{
    if (n < 2)
        return n;
    long a, b;
#pragma omp task shared(a) firstprivate(note) final(n < 6)
    a = fib(n - 1, note);
#pragma omp task shared(b) firstprivate(note) mergeable
    b = fib(n - 2, note);
#pragma omp taskwait
    return a + b;
}

int main()
{
    for (int round = 0; round < 20; round++) {
        long sum = 0, loops = 0;
        std::shared_ptr<long> shared(new long(0));
        std::shared_ptr<std::string> note(new std::string("note"));
        made = destroyed = 0;
        {
            Counted counted(10);
            Aligned aligned = {shared, {}};
#pragma omp parallel
#pragma omp single
            {
                for (int i = 0; i < 50; i++) {
#pragma omp task firstprivate(counted, aligned) if (i % 3) shared(sum)
                    {
                        counted.data.push_back(i);
#pragma omp atomic
                        sum += counted.data.back() + (long)counted.data.size();
#pragma omp atomic
                        *aligned.count += 1;
                    }
                }
#pragma omp taskloop firstprivate(counted) shared(loops) num_tasks(7)
                for (int i = 0; i < 70; i++)
#pragma omp atomic
                    loops += counted.data[i % 10];
            }
        }
        CHECK(sum == 1225 + 50 * 11, "sum %ld", sum);
        CHECK(loops == 700, "loops %ld", loops);
        CHECK(*shared == 50 && shared.use_count() == 1, "%ld, %ld owners", *shared, shared.use_count());
        CHECK(made == destroyed && made >= 51, "%ld made, %ld destroyed", made.load(), destroyed.load());
        long f = 0;
#pragma omp parallel
#pragma omp single
        f = fib(15, note);
        CHECK(f == 610 && note.use_count() == 1, "fib %ld, %ld owners", f, note.use_count());
    }
    return 0;
}
