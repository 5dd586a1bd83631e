/* ours only: some routines are not in libomp, but in a library beside it.
 *
 * Programs for devices, on the host: target in all combined forms, data regions, enter and
 * exit data, update, mappers, declare target, memory of the device, requires, and nowait
 * with dependences.
 */
#include "../check.h"

#ifdef __clang__
#pragma omp requires unified_shared_memory
#endif

enum { N = 1000 };

#pragma omp declare target
static int scale = 3;
static int scaled(int x)
{
    return scale * x;
}
static void count(int *teams)
{
#pragma omp atomic
    ++*teams;
}
#pragma omp end declare target

struct vector {
    int length;
    int *data;
};
#ifdef __clang__
#pragma omp declare mapper(vector_whole : struct vector v) map(v, v.data[0 : v.length])
#endif

static void loops(int *a)
{
    long sum = 0;
    int most = 0;
#pragma omp target map(tofrom : a[0 : N])
    for (int i = 0; i < N; i++)
        a[i] = i;
#pragma omp target teams distribute parallel for map(tofrom : a[0 : N]) num_teams(2) thread_limit(4)
    for (int i = 0; i < N; i++)
        a[i] = scaled(a[i]);
#pragma omp target teams distribute parallel for simd reduction(+ : sum) map(to : a[0 : N])
    for (int i = 0; i < N; i++)
        sum += a[i];
    CHECK(sum == 3L * N * (N - 1) / 2, "sum %ld", sum);
    sum = 0;
#pragma omp target parallel for reduction(max : most) reduction(+ : sum) schedule(dynamic, 5)
    for (int i = 0; i < N; i++) {
        sum++;
        most = a[i] > most ? a[i] : most;
    }
    CHECK(sum == N && most == 3 * (N - 1), "sum %ld, most %d", sum, most);
    int threads = 0;
#pragma omp target parallel num_threads(2) reduction(+ : threads)
    threads++;
    CHECK(threads >= 1 && threads <= 2, "threads %d", threads);
    int teams = 0;
#pragma omp target teams num_teams(3) map(tofrom : teams)
    count(&teams);
    CHECK(teams >= 1 && teams <= 3, "teams %d", teams);
#pragma omp target simd map(tofrom : a[0 : N])
    for (int i = 0; i < N; i++)
        a[i]++;
    CHECK(a[N - 1] == 3 * (N - 1) + 1, "simd: %d", a[N - 1]);
#if !defined __clang__ || __clang_major__ >= 19 /* Clang 14 forgets this reduction */
#pragma omp target teams loop reduction(+ : sum) map(tofrom : sum)
    for (int i = 0; i < N; i++)
        sum++;
    CHECK(sum == 2 * N, "loop: %ld", sum);
#endif
}

static void data(int *a)
{
    struct vector v = {N, a};
    int there = -1;
    memset(a, 0, N * sizeof *a);
#pragma omp target data map(tofrom : a[0 : N]) use_device_ptr(a)
    {
#pragma omp target is_device_ptr(a)
        a[1] = 1;
    }
#pragma omp target enter data map(to : a[0 : N])
    a[2] = 2;
#pragma omp target update to(a[0 : N])
#pragma omp target map(tofrom : a[0 : N])
    a[3] = a[1] + a[2];
#pragma omp target update from(a[0 : N])
#pragma omp target exit data map(from : a[0 : N])
    CHECK(a[3] == 3, "a[3] is %d", a[3]);
#ifdef __clang__
#pragma omp target map(mapper(vector_whole), tofrom : v) map(from : there)
#else
#pragma omp target map(tofrom : v, v.data[0 : v.length]) map(from : there)
#endif
    {
        v.data[4] = 4;
        there = omp_is_initial_device();
    }
    CHECK(a[4] == 4 && there == 1, "a[4] is %d, initial device %d", a[4], there);
    int private = 5, seen = 0;
#pragma omp target firstprivate(private) map(from : seen)
    seen = private++;
    CHECK(seen == 5 && private == 5, "seen %d, private %d", seen, private);
#pragma omp target device(omp_get_initial_device()) map(from : seen) if (a != NULL)
    seen = 6;
    CHECK(seen == 6, "seen %d", seen);
}

static void tasks(void)
{
    int x = 0, y = 0;
#pragma omp parallel num_threads(2)
#pragma omp single
    {
#pragma omp target nowait depend(out : x) map(tofrom : x)
        x = 1;
#pragma omp target enter data nowait depend(inout : x) map(to : x)
#pragma omp target nowait depend(in : x) depend(out : y) map(to : x) map(tofrom : y)
        y = x + 1;
#pragma omp target update nowait depend(inout : y) from(y)
#pragma omp task depend(inout : y) shared(y)
        y *= 10;
#pragma omp target exit data nowait depend(inout : y) map(from : x)
#pragma omp taskwait
        CHECK(x == 1 && y == 20, "x %d, y %d", x, y);
    }
}

static void memory(void)
{
    int device = omp_get_default_device(), host = omp_get_initial_device();
    int from[10], to[10] = {0};
    for (int i = 0; i < 10; i++)
        from[i] = i;
    int *there = omp_target_alloc(sizeof from, host);
    CHECK(there, "no memory");
    CHECK(omp_target_is_present(there, host), "present");
    CHECK(omp_target_memcpy(there, from, sizeof from, 0, 0, host, host) == 0, "there");
    CHECK(omp_target_memcpy(to, there, 5 * sizeof *to, 0, 5 * sizeof *to, host, host) == 0, "back");
    CHECK(to[0] == 5 && to[4] == 9 && to[5] == 0, "%d %d", to[0], to[4]);
    size_t volume[2] = {2, 2}, zero[2] = {0, 0}, shape[2] = {2, 5};
    CHECK(omp_target_memcpy_rect(to, from, sizeof *to, 2, volume, zero, zero, shape, shape, host, host) == 0,
          "rectangle");
    CHECK(to[0] == 0 && to[1] == 1 && to[2] == 7 && to[5] == 5, "%d %d", to[1], to[5]);
    omp_target_free(there, host);
    CHECK(omp_get_num_devices() == 0 && (device == 0 || device == host), "device %d", device);
}

int main(void)
{
    int *a = malloc(N * sizeof *a);
    for (int round = 0; round < 20; round++) {
        loops(a);
        data(a);
        tasks();
        memory();
    }
    free(a);
    return 0;
}
