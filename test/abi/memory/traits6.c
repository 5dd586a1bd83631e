/*
 * ours only: allocators that GCC 12's library does not have.
 *
 * unwatched: it ends with blocks in use
 */
#include "../check.h"

static size_t locked(void)
{
    char line[200];
    size_t kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmLck: %zu", &kilobytes) == 1)
            break;
    if (status)
        fclose(status);
    return kilobytes;
}

int main(void)
{
    omp_allocator_handle_t predefined[] = {200, 201}; /* pinned and managed */
    for (int i = 0; i < 2; i++) {
        char *p = omp_alloc(100, predefined[i]), *q = omp_calloc(10, 10, predefined[i]);
        CHECK(p && q && q[99] == 0, "allocator %d", (int)predefined[i]);
        memset(p, 4, 100);
        p = omp_realloc(p, 10000, predefined[i], predefined[i]);
        CHECK(p && p[99] == 4, "realloc of %d", (int)predefined[i]);
        omp_free(p, predefined[i]);
        omp_free(q, predefined[i]);
    }
    CHECK(omp_init_allocator(200, 0, NULL) != omp_null_allocator, "managed space");
    CHECK(omp_init_allocator(omp_high_bw_mem_space, 0, NULL) != omp_null_allocator, "high bandwidth");

    omp_alloctrait_t traits[] = {{omp_atk_pinned, omp_atv_true}, {omp_atk_fallback, omp_atv_null_fb},
                                 {omp_atk_pool_size, 100000}};
    omp_allocator_handle_t a = omp_init_allocator(omp_default_mem_space, 3, traits);
    CHECK(a != omp_null_allocator, "pinned");
    size_t before = locked();
    char *p = omp_alloc(20000, a);
    if (p) { /* else the system does not let us */
        CHECK(locked() >= before + 20, "locked: %zu, then %zu", before, locked());
        memset(p, 6, 20000);
        p = omp_realloc(p, 30000, a, a);
        CHECK(p && p[19999] == 6, "realloc");
        char *q = omp_aligned_calloc(8192, 1, 10, a);
        CHECK(q && (uintptr_t)q % 8192 == 0 && q[9] == 0, "aligned: %p", (void *)q);
        CHECK(!omp_alloc(80000, a), "the pool");
        omp_free(q, a);
        omp_free(p, a);
        CHECK(locked() == before, "locked for ever: %zu, then %zu", before, locked());
    }
    omp_destroy_allocator(a);

    omp_alloctrait_t self[] = {{omp_atk_pool_size, 8}, {omp_atk_fallback, omp_atv_allocator_fb}};
    a = omp_init_allocator(omp_default_mem_space, 2, self);
    omp_set_default_allocator(a);
    CHECK(omp_alloc(100, omp_null_allocator), "an allocator that would fall back to itself");
    return 0;
}
