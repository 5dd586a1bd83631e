// Regions in C++: lambdas, exceptions that stay inside, classes in clauses.
#include "../check.h"
#include <stdexcept>
#include <vector>

namespace {

struct Sum {
    long value = 0;
    Sum() = default;
    Sum(const Sum &) = default;
    ~Sum() { value = -1; }
    Sum &operator+=(const Sum &other)
    {
        value += other.value;
        return *this;
    }
};

#pragma omp declare reduction(+ : Sum : omp_out += omp_in)

void caught()
{
    int count = 0;
#pragma omp parallel reduction(+ : count)
    try {
        throw std::runtime_error("inside");
    } catch (const std::exception &) {
        count++;
    }
    CHECK(count == omp_get_max_threads(), "%d", count);
}

void reduced()
{
    Sum sum;
    std::vector<int> numbers(1000, 3);
#pragma omp parallel for reduction(+ : sum) schedule(dynamic, 7)
    for (auto i = numbers.begin(); i < numbers.end(); ++i)
        sum.value += *i;
    CHECK(sum.value == 3000, "%ld", sum.value);
}

void copied()
{
    std::vector<int> given(10, 7);
    int wrong = 0;
#pragma omp parallel firstprivate(given) reduction(+ : wrong)
    {
        given[omp_get_thread_num() % 10]++;
        long total = 0;
        for (int x : given)
            total += x;
        wrong += total != 71;
    }
    CHECK(wrong == 0, "%d", wrong);
    CHECK(given[0] == 7, "%d", given[0]);
}

} // namespace

int main()
{
    auto inside = [](int n) {
        long total = 0;
#pragma omp parallel for reduction(+ : total)
        for (int i = 0; i < n; i++)
            total += i;
        return total;
    };
    for (int round = 0; round < 100; round++) {
        CHECK(inside(round) == round * (round - 1) / 2, "round %d", round);
        caught();
        reduced();
        copied();
    }
}
