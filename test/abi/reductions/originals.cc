// Reductions whose initializers look at the original, of objects with a large alignment,
// by references and in templates; copies are made once per thread and destroyed.
#include "../check.h"

static int made, destroyed, wrong;

struct alignas(256) Scaled {
    long unit, sum;
    explicit Scaled(long u) : unit(u), sum(0) { count(made); }
    Scaled(const Scaled &other) : unit(other.unit), sum(0) { count(made); }
    ~Scaled() { count(destroyed); }
    void add(long n)
    {
        if (reinterpret_cast<uintptr_t>(this) % 256 != 0)
            count(wrong);
        sum += n * unit;
    }
    static void count(int &counter)
    {
#pragma omp atomic
        counter++;
    }
};
#pragma omp declare reduction(scaled : Scaled : omp_out.sum += omp_in.sum) \
    initializer(omp_priv(omp_orig))

static void groups()
{
    Scaled total(3);
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup task_reduction(scaled : total)
    for (int i = 0; i < 100; i++) {
#pragma omp task in_reduction(scaled : total) firstprivate(i)
        {
            total.add(i);
            // The item is a private copy here; its original is found all the same.
#pragma omp task in_reduction(scaled : total)
            total.add(1);
        }
    }
    CHECK(total.sum == 3 * (4950 + 100), "%ld", total.sum);
}

static void regions()
{
    Scaled total(5);
    long threads = 0;
#pragma omp parallel reduction(task, scaled : total) reduction(+ : threads)
    {
        threads++;
#pragma omp task in_reduction(scaled : total)
        total.add(2);
        total.add(1);
    }
    CHECK(total.sum == 15 * threads, "%ld of %ld", total.sum, threads);
}

template <typename T> static T referenced(T &sum, int n)
{
    T *parts = new T[4]();
#pragma omp parallel
#pragma omp single
    {
#pragma omp taskloop reduction(+ : sum) reduction(+ : parts[0 : 4])
        for (int i = 0; i < n; i++) {
            sum += T(i);
            parts[i % 4] += T(1);
        }
#pragma omp taskgroup task_reduction(+ : sum, parts[1 : 2])
        for (int i = 0; i < n; i++) {
#pragma omp task in_reduction(+ : sum, parts[1 : 2])
            {
                sum += T(1);
                parts[1 + i % 2] += T(1);
            }
        }
    }
    T all = parts[0] + parts[1] + parts[2] + parts[3];
    delete[] parts;
    return all;
}

int main()
{
    for (int round = 0; round < 20; round++) {
        groups();
        regions();
        long sum = 0;
        CHECK(referenced(sum, 60) == 120, "%ld", sum);
        CHECK(sum == 1770 + 60, "%ld", sum);
        double real = 0;
        CHECK(referenced(real, 60) > 119.5, "%g", real);
        CHECK(real > 1829.5 && real < 1830.5, "%g", real);
    }
    CHECK(made == destroyed, "%d %d", made, destroyed);
    CHECK(wrong == 0, "%d copies at a wrong address", wrong);
    return 0;
}
