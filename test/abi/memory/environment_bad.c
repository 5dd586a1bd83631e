/* ours only: an allocator that cannot be created.
 * env: OMP_ALLOCATOR=omp_default_mem_space:alignment=3
 * sizes: 2
 * prints: OMP_ALLOCATOR
 */
#include "../check.h"

int main(void)
{
    CHECK(omp_get_default_allocator() == omp_default_mem_alloc, "not the default");
    return 0;
}
