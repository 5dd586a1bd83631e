/* A clause's allocator has no memory: there null_fb acts like abort_fb.
 * sizes: 2
 * fails: 1 libgomp: Out of memory allocating
 * not by Clang: does not look at the memory that it gets
 */
#include "../check.h"

int main(void)
{
    omp_alloctrait_t traits[] = {{omp_atk_pool_size, 64}, {omp_atk_fallback, omp_atv_null_fb}};
    omp_allocator_handle_t a = omp_init_allocator(omp_default_mem_space, 2, traits);
    int array[100] = {0};
    CHECK(!omp_alloc(400, a), "null_fb");
#pragma omp parallel firstprivate(array) allocate(a: array)
    array[0]++;
    return 0;
}
