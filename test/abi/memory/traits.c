/*
 * Allocators with traits.
 *
 * unwatched: it ends with blocks in use
 * not by Clang: its newest omp.h numbers some values otherwise
 */
#include "../check.h"

static omp_allocator_handle_t make(int n, const omp_alloctrait_t *traits)
{
    return omp_init_allocator(omp_default_mem_space, n, traits);
}

static int good(omp_alloctrait_key_t key, omp_uintptr_t value)
{
    omp_alloctrait_t trait[] = {{key, value}};
    omp_allocator_handle_t a = make(1, trait);
    void *p = a == omp_null_allocator ? NULL : omp_alloc(16, a);
    CHECK(a == omp_null_allocator || key == omp_atk_pool_size || p, "no memory");
    omp_free(p, a);
    if (a != omp_null_allocator)
        omp_destroy_allocator(a);
    return a != omp_null_allocator;
}

/* The signs of the enumerations differ between GCC's versions. */
static int within(int i, int first, int last)
{
    return i >= first && i <= last;
}

static void values(void)
{
    for (int i = 0; i < 21; i++) {
        CHECK(good(omp_atk_sync_hint, i) == within(i, omp_atv_contended, omp_atv_private),
              "sync_hint %d", i);
        CHECK(good(omp_atk_access, i) == within(i, omp_atv_all, omp_atv_cgroup), "access %d", i);
        CHECK(good(omp_atk_fallback, i)
                  == within(i, omp_atv_default_mem_fb, omp_atv_allocator_fb), "fallback %d", i);
        CHECK(good(omp_atk_partition, i)
                  == within(i, omp_atv_environment, omp_atv_interleaved), "partition %d", i);
        CHECK(good(omp_atk_alignment, i) == (i && !(i & (i - 1))), "alignment %d", i);
        CHECK(good(omp_atk_pool_size, i) && good(omp_atk_fb_data, i), "numbers: %d", i);
    }
    CHECK(good(omp_atk_sync_hint, omp_atv_default) && good(omp_atk_access, omp_atv_default)
              && good(omp_atk_fallback, omp_atv_default) && good(omp_atk_pinned, omp_atv_default)
              && good(omp_atk_partition, omp_atv_default) && good(omp_atk_pinned, omp_atv_false),
          "defaults");
    CHECK(!good(0, 1) && !good(100, 1) && !good(omp_atk_pinned, 3), "unknown traits");
    CHECK(omp_init_allocator(50, 0, NULL) == omp_null_allocator, "unknown space");
    for (int space = 0; space <= 4; space++)
        if (space != omp_high_bw_mem_space) {
            omp_allocator_handle_t a = omp_init_allocator(space, 0, NULL);
            int *p = omp_alloc(sizeof(int), a);
            CHECK(a != omp_null_allocator && p, "space %d", space);
            *p = space;
            omp_free(p, a);
            omp_destroy_allocator(a);
        }
    omp_destroy_allocator(omp_null_allocator);
}

static void alignment(void)
{
    for (size_t to = 1; to <= 65536; to *= 4) {
        omp_alloctrait_t traits[] = {{omp_atk_alignment, to}, {omp_atk_fallback, omp_atv_null_fb}};
        omp_allocator_handle_t a = make(2, traits);
        for (int i = 1; i < 20; i++) {
            void *p = omp_alloc(i * 10, a), *q = omp_calloc(i, 8, a);
            void *r = omp_aligned_alloc(256, i, a), *s = omp_aligned_calloc(16, i, 3, a);
            p = omp_realloc(p, i * 1000, a, a);
            CHECK(((uintptr_t)p | (uintptr_t)q | (uintptr_t)r | (uintptr_t)s) % to == 0,
                  "%p %p %p %p to %zu", p, q, r, s, to);
            CHECK((uintptr_t)r % 256 == 0 && (uintptr_t)s % 16 == 0, "%p %p", r, s);
            omp_free(p, a), omp_free(q, a), omp_free(r, a), omp_free(s, a);
        }
        omp_destroy_allocator(a);
    }
}

static void pool(void)
{
    omp_alloctrait_t traits[] = {{omp_atk_pool_size, 4096}, {omp_atk_fallback, omp_atv_null_fb}};
    omp_allocator_handle_t a = make(2, traits);
    for (int round = 0; round < 100; round++) {
        char *p = omp_alloc(3000, a), *q = omp_alloc(3000, a), *r = omp_alloc(500, a);
        CHECK(p && !q && r, "pool: %p %p %p", (void *)p, (void *)q, (void *)r);
        memset(p, 1, 3000);
        omp_free(r, a);
        CHECK(!omp_realloc(p, 5000, a, a) && p[2999] == 1, "realloc beyond the pool");
        p = omp_realloc(p, 4000, a, a);
        CHECK(p && p[2999] == 1 && !omp_alloc(100, a), "realloc in the pool");
        p = omp_realloc(p, 1000, a, a);
        q = omp_alloc(2500, a);
        CHECK(p && q, "the pool after shrinking");
        omp_free(p, a), omp_free(q, a);
        CHECK(!omp_alloc(4097, a) && !omp_calloc(2, 2048, a), "more than the pool");
    }
    /* Threads share it, and never have more than there is. */
    int most = 0, now = 0;
#pragma omp parallel
    for (int i = 0; i < 500; i++) {
        void *p = omp_alloc(1000, a);
        if (p) {
            int have;
#pragma omp atomic capture
            have = ++now;
            if (have > 3) {
#pragma omp atomic write
                most = have;
            }
#pragma omp atomic
            now--;
        }
        omp_free(p, a);
    }
    CHECK(most <= 3, "%d blocks of 1000 in 4096", most);
    void *all = omp_alloc(4000, a);
    CHECK(all, "not all came back");
    omp_free(all, a);

    /* What an allocator falls back to. */
    omp_alloctrait_t small[] = {{omp_atk_pool_size, 128}};
    omp_allocator_handle_t b = make(1, small);
    char *p = omp_alloc(10000, b);
    CHECK(p, "the default fallback is the default memory space");
    p = omp_realloc(p, 20000, b, b);
    CHECK(p, "and for realloc");
    omp_free(p, b);
    omp_alloctrait_t chain[]
        = {{omp_atk_pool_size, 128}, {omp_atk_fallback, omp_atv_allocator_fb}, {omp_atk_fb_data, a}};
    omp_allocator_handle_t c = make(3, chain);
    p = omp_alloc(3000, c);
    CHECK(p && !omp_alloc(3000, c), "the other allocator's pool");
    omp_free(p, c);
    p = omp_calloc(10, 300, c);
    CHECK(p && p[2999] == 0, "the pool again");
    p = omp_realloc(p, 20, c, c);
    CHECK(p && omp_alloc(3000, c), "moved out of the other pool");
    omp_free(p, c);
    omp_destroy_allocator(c);
    omp_destroy_allocator(b);
}

int main(void)
{
    values();
    alignment();
    pool();
    return 0;
}
