/* The allocation routines with the predefined allocators. */
#include "../check.h"

static int aligned(const void *p, size_t to) { return ((uintptr_t)p & (to - 1)) == 0; }

static int filled(const char *p, int with, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (p[i] != with)
            return 0;
    return 1;
}

static volatile size_t most = SIZE_MAX; /* unknown to the compiler, which would warn */

static void one(omp_allocator_handle_t a)
{
    CHECK(!omp_alloc(0, a) && !omp_calloc(0, 4, a) && !omp_calloc(4, 0, a), "size 0 of %d", (int)a);
    CHECK(!omp_aligned_alloc(64, 0, a) && !omp_realloc(NULL, 0, a, a), "size 0 of %d", (int)a);
    omp_free(NULL, a);
    for (size_t size = 1; size < 5000; size = size * 3 + 1) {
        char *p = omp_alloc(size, a);
        CHECK(p && aligned(p, sizeof(void *)), "%zu of %d: %p", size, (int)a, (void *)p);
        memset(p, 3, size);
        p = omp_realloc(p, size * 2, a, a);
        CHECK(p && filled(p, 3, size), "realloc to %zu", size * 2);
        p = omp_realloc(p, size / 2 + 1, omp_null_allocator, a);
        CHECK(p && filled(p, 3, size / 2 + 1), "realloc to %zu", size / 2 + 1);
        char *q = omp_calloc(size, 3, a);
        CHECK(q && filled(q, 0, size * 3), "calloc of %zu", size * 3);
        memset(q, 7, size * 3);
        for (size_t align = 1; align <= 8192; align *= 2) {
            char *r = omp_aligned_alloc(align, size, a);
            CHECK(r && aligned(r, align), "%zu aligned to %zu: %p", size, align, (void *)r);
            memset(r, (int)align, size);
            char *s = omp_aligned_calloc(align, 5, size, a);
            CHECK(s && aligned(s, align) && filled(s, 0, 5 * size), "aligned calloc of %zu", size);
            memset(s, 1, 5 * size);
            CHECK(filled(r, (char)align, size), "blocks overlap");
            omp_free(r, a);
            s = omp_realloc(s, 10 * size, a, a);
            CHECK(s && filled(s, 1, 5 * size), "realloc of an aligned block");
            omp_free(s, omp_null_allocator);
        }
        CHECK(filled(p, 3, size / 2 + 1) && filled(q, 7, size * 3), "blocks overlap");
        CHECK(!omp_realloc(q, 0, a, a), "realloc to 0");
        omp_free(p, a);
    }
    CHECK(!omp_alloc(most, a) && !omp_alloc(most - 40, a), "more than there is");
    CHECK(!omp_calloc(most / 2, 3, a) && !omp_aligned_alloc(64, most - 64, a), "too much");
    char *p = omp_alloc(10, a);
    memset(p, 5, 10);
    CHECK(!omp_realloc(p, most - 8, a, a) && filled(p, 5, 10), "realloc to too much");
    omp_free(p, a);
}

int main(void)
{
    /* The sign of the enumeration differs between GCC's versions. */
    const int last = omp_thread_mem_alloc;
    for (int a = omp_null_allocator; a <= last; a++)
        one((omp_allocator_handle_t)a);

    /* The default allocator is of each implicit task. */
    CHECK(omp_get_default_allocator() == omp_default_mem_alloc, "default");
    omp_set_default_allocator(omp_low_lat_mem_alloc);
    CHECK(omp_get_default_allocator() == omp_low_lat_mem_alloc, "set");
#pragma omp parallel
    {
        CHECK(omp_get_default_allocator() == omp_low_lat_mem_alloc, "inherited");
#pragma omp barrier
        omp_allocator_handle_t mine
            = (omp_allocator_handle_t)(omp_const_mem_alloc + omp_get_thread_num() % 3);
        omp_set_default_allocator(mine);
#pragma omp barrier
        CHECK(omp_get_default_allocator() == mine, "one's own");
        char *p = omp_alloc(100, omp_null_allocator);
        CHECK(p, "from the default allocator");
        omp_free(p, omp_null_allocator);
    }
    CHECK(omp_get_default_allocator() == omp_low_lat_mem_alloc, "changed by others");
#pragma omp task if (0)
    omp_set_default_allocator(omp_cgroup_mem_alloc);
    CHECK(omp_get_default_allocator() == omp_cgroup_mem_alloc, "set in an explicit task");
    omp_set_default_allocator(omp_null_allocator);
    CHECK(omp_get_default_allocator() == omp_default_mem_alloc, "null is the default");

    /* Blocks may be freed by others. */
    char *blocks[64];
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < 64; i++) {
        blocks[i] = omp_alloc(1000 + i, omp_default_mem_alloc);
        memset(blocks[i], i, 1000 + i);
    }
#pragma omp parallel for schedule(dynamic)
    for (int i = 63; i >= 0; i--) {
        CHECK(filled(blocks[i], i, 1000 + i), "block %d", i);
        omp_free(blocks[i], omp_default_mem_alloc);
    }
    return 0;
}
