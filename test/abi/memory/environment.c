/* ours only: an allocator by the environment; GCC 12 knows predefined ones.
 * env: OMP_ALLOCATOR=omp_default_mem_space:alignment=512,pool_size=8192,fallback=null_fb
 */
#include "../check.h"

int main(void)
{
    CHECK(omp_get_default_allocator() > omp_thread_mem_alloc, "a predefined one");
    void *p = omp_alloc(100, omp_null_allocator);
    CHECK(p && (uintptr_t)p % 512 == 0, "alignment of %p", p);
    CHECK(!omp_alloc(8192, omp_null_allocator), "the pool");
    omp_free(p, omp_null_allocator);
#pragma omp target
    {
        void *q = omp_alloc(1, omp_null_allocator);
        CHECK((uintptr_t)q % 512 == 0, "in a target region: %p", q);
        omp_free(q, omp_null_allocator);
    }
    return 0;
}
