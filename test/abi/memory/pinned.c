/* ours only: small pinned blocks share locked pages, which are unlocked when nobody
 * uses them. If pages cannot be locked, the allocator's fallback applies.
 * unwatched: nobody may look at a process that gives up its rights
 */
#include "../check.h"
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Locked kilobytes of the process. */
static long locked(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long kilobytes = -1;
    while (fgets(line, sizeof line, status))
        if (!strncmp(line, "VmLck:", 6))
            kilobytes = atol(line + 6);
    fclose(status);
    return kilobytes;
}

static long page;

static omp_allocator_handle_t make(omp_alloctrait_key_t key, omp_uintptr_t value)
{
    omp_alloctrait_t traits[] = {{omp_atk_pinned, 1}, {key, value}};
    return omp_init_allocator(omp_default_mem_space, 2, traits);
}

static void shared(void)
{
    omp_allocator_handle_t a = make(omp_atk_fallback, omp_atv_null_fb);
    char *blocks[1000];
    const long before = locked();
    for (int i = 0; i < 100; i++) {
        blocks[i] = omp_alloc(16, a);
        CHECK(blocks[i], "%d", i);
        memset(blocks[i], i, 16);
    }
    CHECK(locked() > before && locked() <= before + 2 * page, "100 blocks lock %ld kB", locked() - before);
    for (int i = 0; i < 100; i++)
        CHECK(blocks[i][0] == i && blocks[i][15] == i, "block %d is overwritten", i);
    /* A block that is still in use keeps its page; the other pages go. */
    for (int i = 1; i < 100; i++)
        omp_free(blocks[i], a);
    CHECK(locked() == before + page, "one block locks %ld kB", locked() - before);
    omp_free(blocks[0], a);
    CHECK(locked() == before, "no block locks %ld kB", locked() - before);
    /* Many pages: each block has a place of its own. */
    for (int i = 0; i < 1000; i++) {
        size_t size = i % 200 + 1;
        blocks[i] = i % 2 ? omp_calloc(1, size, a) : omp_aligned_alloc(1 << i % 12, size, a);
        CHECK(blocks[i] && (i % 2 || (uintptr_t)blocks[i] % (1 << i % 12) == 0), "%d", i);
        for (size_t j = 0; i % 2 && j < size; j++)
            CHECK(blocks[i][j] == 0, "block %d is not zero", i);
        memset(blocks[i], i, size);
    }
    for (int i = 0; i < 1000; i++) {
        for (int j = 0; j < i % 200 + 1; j++)
            CHECK(blocks[i][j] == (char)i, "block %d is overwritten", i);
        omp_free(blocks[i], a);
    }
    CHECK(locked() == before, "%ld kB are left", locked() - before);
    /* From shared pages to own ones and back. */
    char *block = omp_alloc(10, a);
    strcpy(block, "some text");
    block = omp_realloc(block, 100000, a, a);
    CHECK(block && !strcmp(block, "some text") && locked() >= before + 100000 / 1024, "grown");
    block = omp_realloc(block, 20, a, a);
    CHECK(block && !strcmp(block, "some text") && locked() == before + page, "shrunk");
    omp_free(block, a);
    omp_destroy_allocator(a);
}

static void threads(void)
{
    omp_allocator_handle_t a = make(omp_atk_fallback, omp_atv_null_fb);
    const long before = locked();
    char *passed[16] = {0};
#pragma omp parallel
    {
        int me = omp_get_thread_num();
        for (int round = 0; round < 200; round++) {
            char *mine = omp_alloc(16 + round % 100, a);
            CHECK(mine, "round %d", round);
            memset(mine, me, 16);
            char *other;
#pragma omp atomic capture
            {
                other = passed[round % 16];
                passed[round % 16] = mine;
            }
            CHECK(!other || other[0] == other[15], "two threads have one block");
            omp_free(other, a);
        }
    }
    for (int i = 0; i < 16; i++)
        omp_free(passed[i], a);
    CHECK(locked() == before, "%ld kB are left", locked() - before);
    omp_destroy_allocator(a);
}

static void pool(void)
{
    omp_allocator_handle_t a = make(omp_atk_pool_size, 1000);
    const long before = locked();
    void *blocks[100];
    for (int i = 0; i < 100; i++)
        blocks[i] = omp_alloc(16, a);
    /* When the pool is empty, the default memory space serves. */
    for (int i = 0; i < 100; i++)
        omp_free(blocks[i], a);
    CHECK(locked() == before, "%ld kB are left", locked() - before);
    omp_destroy_allocator(a);
    omp_alloctrait_t traits[] = {{omp_atk_pinned, 1}, {omp_atk_pool_size, 1000}, {omp_atk_fallback, omp_atv_null_fb}};
    a = omp_init_allocator(omp_default_mem_space, 3, traits);
    int got = 0;
    for (int i = 0; i < 100; i++)
        got += (blocks[i] = omp_alloc(16, a)) != NULL;
    CHECK(got == 1000 / 48, "%d blocks in a pool of 1000 bytes", got);
    for (int i = 0; i < 100; i++)
        omp_free(blocks[i], a);
    omp_destroy_allocator(a);
}

/* The child locks its own pages. */
static void child(void)
{
    omp_allocator_handle_t a = make(omp_atk_fallback, omp_atv_null_fb);
    void *before = omp_alloc(16, a);
    pid_t pid = fork();
    if (pid == 0) {
        CHECK(locked() == 0, "%ld kB", locked());
        void *mine = omp_alloc(16, a);
        CHECK(mine && locked() == page, "the child locks %ld kB", locked());
        omp_free(before, a);
        CHECK(locked() == page, "the child locks %ld kB", locked());
        omp_free(mine, a);
        CHECK(locked() == 0, "%ld kB are left", locked());
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0, "status %#x", status);
    omp_free(before, a);
    omp_destroy_allocator(a);
}

/* The last test, since it drops the rights to lock more. */
static void limited(void)
{
    omp_allocator_handle_t null = make(omp_atk_fallback, omp_atv_null_fb);
    omp_allocator_handle_t other = make(omp_atk_fallback, omp_atv_default_mem_fb);
    const struct rlimit limit = {2 * page * 1024, 2 * page * 1024};
    CHECK(!setrlimit(RLIMIT_MEMLOCK, &limit), "setrlimit");
    if (geteuid() == 0 && seteuid(65534))
        return;
    enum { MOST = 10000 };
    static void *blocks[MOST];
    int got = 0;
    while (got < MOST && (blocks[got] = omp_alloc(16, null)))
        got++;
    CHECK(got >= page * 2 * 1024 / 64 / 2 && got < MOST, "%d blocks in two pages", got);
    CHECK(locked() <= 2 * page, "%ld kB", locked());
    char *unlocked = omp_alloc(2000, other);
    CHECK(unlocked, "the fallback has memory");
    omp_free(unlocked, other);
    omp_free(blocks[--got], null);
    CHECK((blocks[got++] = omp_alloc(16, null)), "a block that was freed is there again");
    while (got > 0)
        omp_free(blocks[--got], null);
    CHECK(locked() == 0, "%ld kB are left", locked());
}

int main(void)
{
    page = sysconf(_SC_PAGESIZE) / 1024;
    shared();
    threads();
    pool();
    child();
    limited();
    return 0;
}
