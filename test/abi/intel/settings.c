/* ours only
 * links: -lpthread
 * env: KMP_BLOCKTIME=7 KMP_STACKSIZE=3m KMP_DEVICE_THREAD_LIMIT=5 KMP_TASKING=2
 *
 * LLVM's routines beside OpenMP's, in C's, Fortran's and Intel's spellings.
 */
#define _GNU_SOURCE
#include "../check.h"
#include <pthread.h>
#include <sched.h>

void *kmp_malloc_(size_t *), *kmp_aligned_malloc_(size_t *, size_t *), *kmp_calloc_(size_t *, size_t *);
void *kmp_realloc_(void **, size_t *), *kmpc_malloc(size_t), *kmpc_calloc(size_t, size_t);
void *kmpc_realloc(void *, size_t), *kmpc_aligned_malloc(size_t, size_t);
void kmp_free_(void **), kmpc_free(void *);
#if !defined(__clang__)
void kmp_set_blocktime(int), kmp_set_library(int), kmp_set_library_serial(void);
int kmp_get_blocktime(void), kmp_get_library(void), kmp_get_stacksize(void);
void kmp_set_stacksize_s(size_t), kmp_set_stacksize(int), kmp_set_defaults(const char *);
size_t kmp_get_stacksize_s(void);
void kmp_set_library_turnaround(void), kmp_set_library_throughput(void);
void kmp_set_warnings_on(void), kmp_set_warnings_off(void);
int kmp_set_affinity(void **), kmp_get_affinity(void **), kmp_get_affinity_max_proc(void);
void kmp_create_affinity_mask(void **), kmp_destroy_affinity_mask(void **);
int kmp_set_affinity_mask_proc(int, void **), kmp_unset_affinity_mask_proc(int, void **);
int kmp_get_affinity_mask_proc(int, void **);
#endif
void kmp_set_blocktime_(int *), kmpc_set_blocktime(int), kmp_set_library_(int *);
int kmp_get_blocktime_(void), kmp_get_library_(void), kmp_get_stacksize_(void);
void kmpc_set_library(int), kmp_set_stacksize_(int *), kmpc_set_stacksize(int);
void kmp_set_stacksize_s_(size_t *), kmpc_set_stacksize_s(size_t);
size_t kmp_get_stacksize_s_(void);
void kmp_set_defaults_(const char *, int), kmpc_set_defaults(const char *);
void kmp_set_disp_num_buffers_(int *), kmpc_set_disp_num_buffers(int);
int kmp_get_num_known_threads(void), kmp_get_num_known_threads_(void);
int kmp_get_cancellation_status(int), kmp_set_thread_affinity_mask_initial(void);
int kmp_get_affinity_mask_proc_(int *, void **), kmpc_get_affinity_mask_proc(int, void **);
int omp_control_tool_(int *, int *, void *);
extern const uintptr_t default_space __asm__("omp_default_mem_space");
void omp_init_lock_with_hint_(omp_lock_t *, int *);
void omp_set_lock_(omp_lock_t *), omp_unset_lock_(omp_lock_t *);

static void memory(void)
{
    size_t size = 100, alignment = 256, count = 10;
    void *blocks[] = { kmp_malloc_(&size), kmp_aligned_malloc_(&size, &alignment),
                       kmp_calloc_(&count, &size), kmpc_malloc(size), kmpc_calloc(count, size),
                       kmpc_aligned_malloc(size, alignment) };
    CHECK(((uintptr_t) blocks[1] | (uintptr_t) blocks[5]) % 256 == 0, "aligned");
    CHECK(*(char *) blocks[2] == 0 && *(char *) blocks[4] == 0, "zeros");
    size = 1000;
    blocks[0] = kmp_realloc_(&blocks[0], &size);
    blocks[3] = kmpc_realloc(blocks[3], size);
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        CHECK(blocks[i], "block %zu", i);
        memset(blocks[i], 1, 100);
        if (i % 2)
            kmp_free_(&blocks[i]);
        else
            kmpc_free(blocks[i]);
    }
}

static size_t stack_of_a_worker(void)
{
    size_t size = 0;
    #pragma omp parallel num_threads(2)
    if (omp_get_thread_num() == 1) {
        pthread_attr_t attributes;
        CHECK(pthread_getattr_np(pthread_self(), &attributes) == 0, "attributes");
        pthread_attr_getstacksize(&attributes, &size);
        pthread_attr_destroy(&attributes);
    }
    return size;
}

static void stacks(void)
{
    CHECK(kmp_get_stacksize_s() == 3 << 20, "%zu", kmp_get_stacksize_s());
    CHECK(stack_of_a_worker() == 3 << 20, "KMP_STACKSIZE");
    size_t size = 5 << 20;
    int number = 6 << 20;
    CHECK(omp_pause_resource_all(omp_pause_hard) == 0, "no worker is left");
    kmp_set_stacksize_s_(&size);
    CHECK(kmp_get_stacksize() == 5 << 20 && kmp_get_stacksize_() == 5 << 20, "set");
    CHECK(stack_of_a_worker() == 5 << 20, "set");
    kmp_set_stacksize_(&number);
    CHECK(kmp_get_stacksize_s_() == 6 << 20, "set");
    kmpc_set_stacksize(4 << 20);
    CHECK(kmp_get_stacksize_s() == 4 << 20, "set");
    kmpc_set_stacksize_s(1);
    CHECK(kmp_get_stacksize_s() >= 16384, "a thread needs more");
}

static void waits(void)
{
    int ms = 9;
    CHECK(kmp_get_blocktime() == 7, "KMP_BLOCKTIME: %d", kmp_get_blocktime());
    kmp_set_blocktime_(&ms);
    CHECK(kmp_get_blocktime_() == 9, "%d", kmp_get_blocktime());
    kmpc_set_blocktime(INT_MAX);
    CHECK(kmp_get_blocktime() == INT_MAX, "for ever");
    kmp_set_blocktime(0);
    CHECK(kmp_get_blocktime() == 0, "at once");
    #pragma omp parallel
    {
        #pragma omp barrier
    }
    kmp_set_defaults("KMP_BLOCKTIME=3ms|OMP_NUM_THREADS=2|KMP_LOCK_KIND=tas");
    CHECK(kmp_get_blocktime() == 3 && omp_get_max_threads() == 2, "%d", omp_get_max_threads());
    kmp_set_defaults_("OMP_NUM_THREADS=30", 17);
    CHECK(omp_get_max_threads() == 3, "%d", omp_get_max_threads());
    kmpc_set_defaults("KMP_STACKSIZE=2m");
    CHECK(kmp_get_stacksize_s() == 2 << 20, "%zu", kmp_get_stacksize_s());
}

static int size_here(void)
{
    int size = 0;
    #pragma omp parallel
    #pragma omp single
    size = omp_get_num_threads();
    return size;
}

static void modes(int threads)
{
    int mode = 1;
    CHECK(kmp_get_library() == 3, "throughput");
    kmp_set_library_(&mode);
    CHECK(kmp_get_library_() == 1 && size_here() == 1, "serial");
    kmpc_set_library(2);
    CHECK(kmp_get_library() == 2 && size_here() == threads, "turnaround");
    kmp_set_library_serial();
    CHECK(size_here() == 1, "serial");
    kmp_set_library_throughput();
    CHECK(kmp_get_library() == 3 && size_here() == threads, "throughput");
}

static void masks(void)
{
    cpu_set_t all;
    CHECK(sched_getaffinity(0, sizeof all, &all) == 0, "mask");
    int first = 0, most = kmp_get_affinity_max_proc();
    while (!CPU_ISSET(first, &all))
        first++;
    CHECK(most > first, "%d", most);
    void *mask, *found;
    kmp_create_affinity_mask(&mask);
    kmp_create_affinity_mask(&found);
    CHECK(kmp_get_affinity_mask_proc(first, &mask) == 0, "empty");
    CHECK(kmp_set_affinity(&mask) != 0, "no processors");
    CHECK(kmp_set_affinity_mask_proc(-1, &mask) == -1, "none");
    CHECK(kmp_set_affinity_mask_proc(most, &mask) == -1, "none");
    CHECK(kmp_set_affinity_mask_proc(first, &mask) == 0, "the first");
    CHECK(kmp_get_affinity_mask_proc_(&first, &mask) == 1, "the first");
    CHECK(kmp_set_affinity(&mask) == 0, "bound");
    CHECK(kmp_get_affinity(&found) == 0, "found");
    for (int i = 0; i < most; i++)
        CHECK(kmpc_get_affinity_mask_proc(i, &found) == (i == first), "%d", i);
    cpu_set_t now;
    CHECK(sched_getaffinity(0, sizeof now, &now) == 0 && CPU_COUNT(&now) == 1, "one");
    CHECK(kmp_set_thread_affinity_mask_initial() == 0, "all");
    CHECK(sched_getaffinity(0, sizeof now, &now) == 0 && CPU_EQUAL(&now, &all), "all");
    CHECK(kmp_unset_affinity_mask_proc(first, &mask) == 0, "without");
    CHECK(kmp_get_affinity_mask_proc(first, &mask) == 0, "without");
    kmp_destroy_affinity_mask(&mask);
    kmp_destroy_affinity_mask(&found);
    CHECK(!mask, "freed");
}

int main(void)
{
    int threads = omp_get_max_threads(), three = 3, hint = 1;
    CHECK(omp_get_thread_limit() == 5, "%d", omp_get_thread_limit());
    memory();
    stacks();
    modes(threads > 5 ? 5 : threads);
    waits();
    masks();
    kmp_set_disp_num_buffers_(&three);
    kmpc_set_disp_num_buffers(3);
    CHECK(kmp_get_num_known_threads() >= 2, "%d", kmp_get_num_known_threads_());
    CHECK(kmp_get_cancellation_status(1) == 0 && kmp_get_cancellation_status(4) == 0, "none");
    CHECK(omp_control_tool_(&three, &three, NULL) == -2, "no tool");
    CHECK(default_space == 99, "LLVM's number");
    omp_lock_t lock;
    omp_init_lock_with_hint_(&lock, &hint);
    omp_set_lock_(&lock);
    omp_unset_lock_(&lock);
    kmp_set_warnings_off();
    omp_set_num_threads(-1); /* no warning */
    kmp_set_warnings_on();
    return 0;
}
