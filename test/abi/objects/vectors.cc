// Reductions that the program declares: of vectors, of a class without a default
// constructor, in loops, sections, taskloops and teams; and
// firstprivate, lastprivate and copyin of objects with constructors.
#include <atomic>
#include <complex>
#include <numeric>
#include <string>
#include <vector>
#include "../check.h"

typedef std::vector<long> Vector;

static Vector &add(Vector &to, const Vector &from)
{
    if (to.size() < from.size())
        to.resize(from.size());
    for (size_t i = 0; i < from.size(); i++)
        to[i] += from[i];
    return to;
}

#pragma omp declare reduction(add : Vector : add(omp_out, omp_in))
#pragma omp declare reduction(+ : std::complex<double> : omp_out += omp_in)

// Counts its objects, so that a private copy that is forgotten shows.
struct Extreme {
    static std::atomic<int> alive;
    long low, high;
    explicit Extreme(long start) : low(start), high(start) { alive++; }
    Extreme(const Extreme &other) : low(other.low), high(other.high) { alive++; }
    ~Extreme() { alive--; }
    Extreme &operator=(const Extreme &) = default;
    void take(const Extreme &other)
    {
        low = other.low < low ? other.low : low;
        high = other.high > high ? other.high : high;
    }
};
std::atomic<int> Extreme::alive(0);

#pragma omp declare reduction(range : Extreme : omp_out.take(omp_in)) initializer(omp_priv(omp_orig))

// g++ wants the directive before the definition.
extern std::string name;
#pragma omp threadprivate(name)
std::string name("master");

static void reductions()
{
    const int n = 1000;
    Vector counts;
    std::complex<double> total(0, 0);
    Extreme range(500);
#pragma omp parallel for reduction(add : counts) reduction(+ : total) reduction(range : range) schedule(dynamic, 7)
    for (int i = 0; i < n; i++) {
        if (counts.empty())
            counts.resize(10);
        counts[i % 10]++;
        total += std::complex<double>(i, -i);
        range.take(Extreme(i));
    }
    CHECK(counts == Vector(10, n / 10), "counts[0] = %ld", counts[0]);
    CHECK(total == std::complex<double>(499500, -499500), "%g", total.real());
    CHECK(range.low == 0 && range.high == n - 1, "%ld to %ld", range.low, range.high);

    Vector parts;
#pragma omp parallel sections reduction(add : parts)
    {
#pragma omp section
        parts.assign(3, 1);
#pragma omp section
        parts.assign(5, 2);
#pragma omp section
        parts.assign(1, 4);
    }
    // One thread may have had several sections; the last one's values count then.
    CHECK(parts.size() >= 1 && parts[0] >= 1 && parts[0] <= 7, "parts[0] = %ld", parts[0]);

    Vector halves(2, 0);
#pragma omp parallel
#pragma omp single
#pragma omp taskloop reduction(add : halves) grainsize(50)
    for (int i = 0; i < n; i++) {
        if (halves.size() < 2)
            halves.resize(2);
        halves[i % 2] += i;
    }
    CHECK(halves[0] == 249500 && halves[1] == 250000, "%ld %ld", halves[0], halves[1]);

    Vector league;
#pragma omp teams distribute parallel for reduction(add : league) num_teams(2)
    for (int i = 0; i < n; i++) {
        if (league.empty())
            league.resize(1);
        league[0] += i;
    }
    CHECK(league[0] == 499500, "league: %ld", league[0]);
    CHECK(Extreme::alive == 1, "%d of the class are alive", Extreme::alive.load());
}

static void privates()
{
    std::vector<std::string> said(64);
    std::string text("text"), last;
    long sum = 0;
    int size = 1;
    // g++ would construct them after the copies of copyin.
#pragma omp parallel
    name += "used";
    name = "copied";
#pragma omp parallel firstprivate(text) copyin(name) reduction(+ : sum)
    {
        int me = omp_get_thread_num();
#pragma omp single
        size = omp_get_num_threads();
        text += std::to_string(me);
        name += text;
        said[me] = name;
#pragma omp for lastprivate(last)
        for (int i = 0; i < 100; i++) {
            last = std::string(i, 'x');
            sum += last.size();
        }
    }
    CHECK(sum == 4950 && last.size() == 99, "sum %ld, last has %zu", sum, last.size());
    for (int i = 0; i < size; i++)
        CHECK(said[i] == "copiedtext" + std::to_string(i), "%d: %s", i, said[i].c_str());
#pragma omp parallel
    {
        // The value of one region is there in the next one of the same size.
        if (omp_get_num_threads() == size)
            CHECK(name == "copiedtext" + std::to_string(omp_get_thread_num()), "%s", name.c_str());
        std::string value;
#pragma omp single copyprivate(value)
        value = std::string(100, 'v');
        CHECK(value.size() == 100, "copyprivate: %zu", value.size());
    }
    name.clear();
}

int main()
{
    omp_set_dynamic(0);
    for (int round = 0; round < 20; round++) {
        reductions();
        privates();
    }
    return 0;
}
