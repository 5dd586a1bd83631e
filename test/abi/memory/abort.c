/* abort_fb: no memory is the program's end.
 * sizes: 2
 * fails: 1 libgomp: Out of memory allocating 2000 bytes
 * unwatched: it ends with blocks in use
 */
#include "../check.h"

int main(void)
{
    omp_alloctrait_t traits[] = {{omp_atk_pool_size, 1024}, {omp_atk_fallback, omp_atv_abort_fb}};
    omp_allocator_handle_t a = omp_init_allocator(omp_default_mem_space, 2, traits);
    CHECK(omp_alloc(500, a), "the pool is too small");
    CHECK(omp_alloc(2000, a), "there is more than the pool has");
    return 0;
}
