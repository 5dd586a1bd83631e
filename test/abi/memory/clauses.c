/* allocate clauses and directives.
 * not by Clang: wants uses_allocators
 */
#include "../check.h"

static omp_allocator_handle_t make(size_t alignment)
{
    omp_alloctrait_t traits[] = {{omp_atk_alignment, alignment}};
    return omp_init_allocator(omp_default_mem_space, 1, traits);
}

int main(void)
{
    omp_allocator_handle_t a = make(128);
    int x = 7, y[10], sum = 0, last = 0, n = 20;
    int variable[n];
    for (int i = 0; i < 10; i++)
        y[i] = i;
    for (int i = 0; i < n; i++)
        variable[i] = -i;
#pragma omp parallel allocate(a: x, y, variable) firstprivate(x, y, variable) reduction(+: sum)
    {
        CHECK(((uintptr_t)&x | (uintptr_t)y | (uintptr_t)variable) % 128 == 0, "not aligned");
        CHECK(x == 7 && y[9] == 9 && variable[n - 1] == 1 - n, "not copied");
        x = y[9] = variable[1] = omp_get_thread_num();
#pragma omp barrier
        CHECK(x == omp_get_thread_num() && y[9] == x && variable[1] == x, "not private");
        sum++;
    }
    CHECK(x == 7 && y[9] == 9 && sum >= 1, "originals");
#pragma omp parallel for allocate(omp_low_lat_mem_alloc: last, sum) lastprivate(last) reduction(+: sum)
    for (int i = 0; i < 100; i++) {
        last = i;
        sum += i;
    }
    CHECK(last == 99 && sum > 4950, "loop: %d %d", last, sum);
#pragma omp parallel
#pragma omp single
    {
        for (int i = 0; i < 20; i++)
#pragma omp task allocate(a: y) firstprivate(y, i)
        {
            CHECK((uintptr_t)y % 128 == 0 && y[3] == 3, "task");
            y[3] = i;
        }
    }
    int t = 0;
#pragma omp target allocate(omp_default_mem_alloc: y) firstprivate(y) map(tofrom: t)
    t = y[8];
    CHECK(t == 8, "target");
    omp_destroy_allocator(a);
    return 0;
}
