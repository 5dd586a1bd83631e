// Target regions in C++: members, references, templates, lambdas, this.
#include "../check.h"
#include <memory>
#include <vector>

static const int N = 40;

struct Base {
    int *items;
    int count;
    virtual int scale() const { return 1; }
    virtual ~Base() {}
};

class Array : public Base {
    double factor = 2;
    std::vector<int> extra;

public:
    int data[N];

    Array() : extra(N, 5)
    {
        items = new int[N];
        count = N;
        for (int i = 0; i < N; i++)
            items[i] = data[i] = i;
    }
    Array(const Array &) = delete;
    ~Array() override { delete[] items; }
    int scale() const override { return 3; }

    long work()
    {
        long sum = 0;
        int *p = items;
#pragma omp target map(tofrom: p[:N], sum)
        for (int i = 0; i < count; i++) {
            items[i] *= scale();
            sum += p[i] + data[i];
        }
        return sum;
    }
    void scaled()
    {
        int *raw = extra.data();
#pragma omp target map(to: factor) map(tofrom: raw[:N]) map(tofrom: data)
        for (int i = 0; i < N; i++)
            raw[i] = data[i] = int(raw[i] * factor);
        CHECK(extra[7] == 10 && data[7] == 10, "members: %d %d", extra[7], data[7]);
        factor = 7;
        double f = 0;
#pragma omp target enter data map(to: this[:1], factor)
#pragma omp target map(from: f)
        f = factor;
#pragma omp target exit data map(release: this[:1], factor)
        CHECK(f == 7, "factor %g", f);
    }
};

template <typename T> T reduce(const T *values, int n, T start)
{
    T sum = start;
#pragma omp target parallel for map(to: values[:n]) reduction(+: sum)
    for (int i = 0; i < n; i++)
        sum += values[i];
    return sum;
}

struct Counted {
    static int copies;
    int value;
    explicit Counted(int v) : value(v) {}
};
int Counted::copies = 0;

static void references(int &x, int (&a)[4], const int &c)
{
#pragma omp target map(tofrom: x, a)
    {
        x += c;
        a[3] = x;
    }
#pragma omp target firstprivate(x)
    {
        CHECK(x == 15, "firstprivate reference: %d", x);
        x = 1;
    }
    CHECK(x == 15 && a[3] == 15, "references: %d %d", x, a[3]);
}

int main()
{
    for (int round = 0; round < 20; round++) {
        Array array;
        long sum = array.work();
        CHECK(sum == 4 * N * (N - 1) / 2, "this: %ld", sum);
        array.scaled();

        double values[N];
        for (int i = 0; i < N; i++)
            values[i] = i * 0.5;
        CHECK(reduce(values, N, 1.0) == 1 + N * (N - 1) / 4.0, "template of double");
        CHECK(reduce(array.items, N, 0) == 3 * N * (N - 1) / 2, "template of int");

        int x = 10, a[4] = {0, 0, 0, 0};
        references(x, a, 5);

        auto lambda = [&](int by) { x *= by; };
#pragma omp target map(tofrom: x)
        lambda(2);
        CHECK(x == 30, "lambda: %d", x);
        Counted counted(round);
        std::unique_ptr<int[]> owned(new int[N]());
        int *p = owned.get();
#pragma omp target data map(tofrom: p[:N]) use_device_ptr(p)
#pragma omp target is_device_ptr(p) firstprivate(counted) nowait
        for (int i = 0; i < N; i++)
            p[i] += counted.value;
#pragma omp taskwait
        CHECK(owned[N - 1] == round && counted.value == round, "pointer: %d", owned[N - 1]);

        // An exception that stays in its region.
        int caught = 0;
#pragma omp target map(tofrom: caught)
        {
            try {
                throw round;
            } catch (int n) {
                caught = n;
            }
        }
        CHECK(caught == round, "caught %d", caught);
    }
    return 0;
}
