/* ours only: which variables gfortran (14 and later) has allocated with GOMP_alloc.
 * not by Clang: calls GOMP_ entries
 */
#include "../check.h"

extern void *GOMP_alloc(size_t, size_t, uintptr_t);
extern void GOMP_free(void *, uintptr_t);
extern void GOMP_add_alloc(void *);
extern bool GOMP_is_alloc(void *);
extern uintptr_t omp_init_allocator_(const uintptr_t *, const int32_t *, const omp_alloctrait_t *);
extern uintptr_t omp_init_allocator_8_(const uintptr_t *, const int64_t *, const omp_alloctrait_t *);
extern void omp_destroy_allocator_(const uintptr_t *);
extern void omp_set_default_allocator_(const uintptr_t *);
extern uintptr_t omp_get_default_allocator_(void);

int main(void)
{
#pragma omp parallel
    for (int i = 0; i < 100; i++) {
        void *p = GOMP_alloc(64, 10 + i, 0), *q = malloc(10);
        CHECK((uintptr_t)p % 64 == 0, "%p", p);
        CHECK(!GOMP_is_alloc(p), "not told yet");
        GOMP_add_alloc(p);
        CHECK(!GOMP_is_alloc(q) && GOMP_is_alloc(p) && !GOMP_is_alloc(p), "round %d", i);
        GOMP_free(p, 0);
        free(q);
    }
    GOMP_add_alloc(NULL);
    CHECK(!GOMP_is_alloc(NULL), "null was allocated");
    CHECK(!GOMP_alloc(8, 0, 1), "size 0");

    omp_alloctrait_t trait[] = {{omp_atk_alignment, 1024}};
    uintptr_t a = omp_init_allocator_(&(uintptr_t){0}, &(int32_t){1}, trait);
    uintptr_t b = omp_init_allocator_8_(&(uintptr_t){0}, &(int64_t){1}, trait);
    CHECK(a && b && a != b, "allocators in Fortran");
    omp_set_default_allocator_(&a);
    CHECK(omp_get_default_allocator_() == a, "the default in Fortran");
    void *p = GOMP_alloc(1, 4, 0);
    CHECK((uintptr_t)p % 1024 == 0, "%p", p);
    GOMP_free(p, 0);
    omp_destroy_allocator_(&a);
    omp_destroy_allocator_(&b);
    return 0;
}
