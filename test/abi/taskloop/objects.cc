// taskloop with objects: each task's copy is made and destroyed once, lastprivate assigns,
// and objects with constructors are reduced.
#include "../check.h"
#include <vector>

static int made, destroyed;

struct Counted {
    int value;
    explicit Counted(int v = 0) : value(v) { count(made); }
    Counted(const Counted &other) : value(other.value) { count(made); }
    Counted &operator=(const Counted &other) = default;
    ~Counted()
    {
        value = -1000000;
        count(destroyed);
    }
    Counted &operator+=(const Counted &other)
    {
        value += other.value;
        return *this;
    }
    static void count(int &counter)
    {
#pragma omp atomic
        counter++;
    }
};

#pragma omp declare reduction(+ : Counted : omp_out += omp_in) initializer(omp_priv = Counted(0))
#pragma omp declare reduction(append : std::vector<int> : omp_out.insert(omp_out.end(), omp_in.begin(), omp_in.end()))

static void copies()
{
    int before = made, wrong = 0;
    {
        Counted object(42), last(0);
#pragma omp parallel
#pragma omp single
        {
#pragma omp taskloop firstprivate(object) lastprivate(last) shared(wrong) num_tasks(9)
            for (int i = 0; i < 100; i++) {
                if (object.value != 42)
#pragma omp atomic
                    wrong++;
                last.value = i;
            }
        }
        CHECK(wrong == 0, "%d", wrong);
        CHECK(last.value == 99, "%d", last.value);
        // A copy of each per task, and those that GCC makes around them.
        CHECK(made - before >= 20, "%d", made - before);
    }
    CHECK(made == destroyed, "%d %d", made, destroyed);
}

static void sums()
{
    Counted sum(5), inner(0);
    std::vector<int> numbers;
#pragma omp parallel
#pragma omp single
    {
#pragma omp taskloop reduction(+ : sum) reduction(append : numbers) grainsize(3)
        for (int i = 0; i < 100; i++) {
            sum += Counted(i);
            numbers.push_back(i);
        }
#pragma omp taskgroup task_reduction(+ : inner)
        for (int i = 0; i < 20; i++) {
#pragma omp task in_reduction(+ : inner)
            {
                inner.value += i;
#pragma omp taskloop in_reduction(+ : inner)
                for (int j = 0; j < 4; j++)
                    inner.value += 100;
            }
        }
    }
    CHECK(sum.value == 4955, "%d", sum.value);
    CHECK(inner.value == 190 + 8000, "%d", inner.value);
    std::vector<int> times(100);
    for (int i : numbers)
        times[i]++;
    for (int i = 0; i < 100; i++)
        CHECK(times[i] == 1, "%d: %d", i, times[i]);
}

static void regions()
{
    Counted sum(1);
    int threads = 0;
#pragma omp parallel reduction(task, + : sum) reduction(+ : threads)
    {
        threads++;
#pragma omp task in_reduction(+ : sum)
        sum.value += 10;
    }
    CHECK(sum.value == 1 + 10 * threads, "%d", sum.value);
    Counted loop(0);
#pragma omp parallel for reduction(task, + : loop)
    for (int i = 0; i < 50; i++) {
#pragma omp task in_reduction(+ : loop)
        loop.value += i;
    }
    CHECK(loop.value == 1225, "%d", loop.value);
}

int main()
{
    for (int round = 0; round < 10; round++) {
        copies();
        sums();
        regions();
    }
    CHECK(made == destroyed, "%d %d", made, destroyed);
    return 0;
}
