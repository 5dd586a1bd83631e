/* target regions: where they run, what their bodies get, and their effects.
 * not by Clang: its target is no region of its own
 */
#include "../check.h"

#define N 100

struct pair { double first; char second[41]; };

static int global = 5;
#pragma omp declare target
static int twice(int n) { return 2 * n + global - global; }
#pragma omp end declare target

static void kinds_of_data(void)
{
    int mapped = 1, untouched = 2;
    char small = 'c';
    struct pair pair = {2.5, "text"};
    int array[N], *pointer = array;
    for (int i = 0; i < N; i++)
        array[i] = i;

#pragma omp target map(tofrom: mapped) firstprivate(small, pair, untouched)
    {
        CHECK(small == 'c' && pair.first == 2.5 && !strcmp(pair.second, "text"), "firstprivate");
        CHECK(((uintptr_t)&pair & (_Alignof(struct pair) - 1)) == 0, "alignment of %p", (void *)&pair);
        mapped = twice(20);
        untouched = 7;
        small = 'd';
        pair.second[0] = 'n';
    }
    CHECK(mapped == 40, "tofrom: %d", mapped);
    CHECK(untouched == 2 && small == 'c' && pair.second[0] == 't', "originals were changed");

#pragma omp target
    for (int i = 0; i < N; i++)
        array[i]++;
    CHECK(array[0] == 1 && array[N - 1] == N, "implicit map");

    int n = N;
    int variable[n];
#pragma omp target firstprivate(array) map(from: variable[:n])
    for (int i = 0; i < n; i++) {
        variable[i] = array[i] * 2;
        array[i] = -1;
    }
    CHECK(variable[3] == 8 && array[3] == 4, "array: %d %d", variable[3], array[3]);

#pragma omp target map(tofrom: pointer[10:20])
    for (int i = 10; i < 30; i++)
        pointer[i] = 0;
    CHECK(array[9] == 10 && array[10] == 0 && array[29] == 0 && array[30] == 31, "section");

    int *null = NULL, zero = 0;
#pragma omp target map(tofrom: null[:zero]) map(tofrom: mapped)
    mapped = null == NULL;
    CHECK(mapped == 1, "an empty section of nothing");

    int private = 1;
#pragma omp target private(private) map(always, tofrom: mapped)
    {
        private = 9;
        mapped = private;
    }
    CHECK(private == 1 && mapped == 9, "private");

#pragma omp target if (mapped > 100) defaultmap(tofrom: scalar)
    mapped++;
    CHECK(mapped == 10, "defaultmap");
#pragma omp target is_device_ptr(pointer)
    pointer[0] = 77;
    CHECK(array[0] == 77, "is_device_ptr");
}

/* A target region is executed by an initial thread of its own. */
static void surroundings(int size)
{
    int level = -1, active = -1, threads = -1, num = -1, inner = -1, initial = 0, parallel = -1;
    int seen = 0;
#pragma omp parallel num_threads(size) reduction(+: seen)
    {
        int mine = omp_get_thread_num();
#pragma omp target map(from: level, active, threads, num, parallel) if (mine == 0)
        if (mine == 0) {
            level = omp_get_level();
            active = omp_get_active_level();
            threads = omp_get_num_threads();
            num = omp_get_thread_num();
            parallel = omp_in_parallel();
        }
        CHECK(omp_get_level() == 1 && omp_get_thread_num() == mine, "the thread came back elsewhere");
        CHECK(omp_get_num_threads() == size, "the team has now %d", omp_get_num_threads());
#pragma omp barrier
        int after = 0;
#pragma omp for
        for (int i = 0; i < size; i++)
            after++;
        seen += after;
    }
    CHECK(seen == size, "loop after target: %d", seen);
    CHECK(level == 0 && active == 0 && threads == 1 && num == 0 && parallel == 0,
          "level %d active %d threads %d num %d parallel %d", level, active, threads, num, parallel);

#pragma omp target map(from: inner, initial)
    {
        initial = omp_is_initial_device();
        int count = 0;
#pragma omp parallel num_threads(4) reduction(+: count)
        count++;
        inner = count;
    }
    CHECK(initial == 1, "not the host?");
    CHECK(inner == 4, "region in target has %d", inner);
}

static void limits(void)
{
    int limit = 0, size = 0;
#pragma omp target thread_limit(2) map(from: limit, size)
    {
        limit = omp_get_thread_limit();
#pragma omp parallel num_threads(6)
#pragma omp single
        size = omp_get_num_threads();
    }
    CHECK(limit == 2 && size <= 2, "limit %d size %d", limit, size);
    CHECK(omp_get_thread_limit() != 2, "the limit stayed");
    int many = 100000;
#pragma omp target thread_limit(many) map(from: limit)
    limit = omp_get_thread_limit();
    CHECK(limit == 100000, "limit %d", limit);

    omp_set_num_threads(3);
    omp_set_schedule(omp_sched_guided, 7);
#pragma omp target
    {
        omp_set_num_threads(2);
        omp_set_max_active_levels(5);
    }
    CHECK(omp_get_max_threads() == 3 && omp_get_max_active_levels() != 5, "ICVs of a region leaked");
}

static void combined(void)
{
    long sum = 0, count = 0;
    int a[N];
#pragma omp target parallel for reduction(+: sum) map(from: a) num_threads(3)
    for (int i = 0; i < N; i++) {
        a[i] = i;
        sum += i;
    }
    CHECK(sum == N * (N - 1) / 2 && a[50] == 50, "target parallel for: %ld", sum);
#pragma omp target parallel map(tofrom: count) num_threads(4)
#pragma omp atomic
    count++;
    CHECK(count == 4, "target parallel: %ld", count);
#pragma omp target simd reduction(+: sum)
    for (int i = 0; i < N; i++)
        sum += a[i];
    CHECK(sum == N * (N - 1), "target simd: %ld", sum);
    /* One region in another's body, and one in a task. */
#pragma omp parallel num_threads(2)
#pragma omp single
    for (int i = 0; i < 20; i++)
#pragma omp task shared(count)
    {
        int mine = i;
#pragma omp target firstprivate(mine) map(tofrom: count)
#pragma omp atomic
        count += mine;
    }
    CHECK(count == 4 + 190, "targets in tasks: %ld", count);
}

int main(void)
{
    for (int round = 0; round < 20; round++) {
        kinds_of_data();
        surroundings(omp_get_max_threads());
        combined();
    }
    limits();
    return 0;
}
