/* ours only: counts and sizes that no sensible program uses: negative ones, products
 * that do not fit, more than there is memory for. Each call does nothing, or ends the
 * program with one sentence and status 1.
 * sizes: 1 4
 * unwatched: it asks for more memory than there is
 * not by Clang: calls GOMP_ entries
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <omp.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef unsigned long long ull;
typedef void (*body)(void *);
bool GOMP_cancel(int, bool);
bool GOMP_cancellation_point(int);
bool GOMP_teams4(unsigned, unsigned, unsigned, bool);
bool GOMP_loop_doacross_static_start(unsigned, long *, long, long *, long *);
bool GOMP_loop_doacross_dynamic_start(unsigned, long *, long, long *, long *);
bool GOMP_loop_doacross_guided_start(unsigned, long *, long, long *, long *);
bool GOMP_loop_doacross_start(unsigned, long *, long, long, long *, long *, uintptr_t *, void **);
bool GOMP_loop_ull_doacross_static_start(unsigned, ull *, ull, ull *, ull *);
bool GOMP_loop_ull_doacross_dynamic_start(unsigned, ull *, ull, ull *, ull *);
bool GOMP_loop_dynamic_next(long *, long *);
bool GOMP_loop_static_start(long, long, long, long, long *, long *);
bool GOMP_loop_static_next(long *, long *);
bool GOMP_loop_dynamic_start(long, long, long, long, long *, long *);
bool GOMP_loop_guided_start(long, long, long, long, long *, long *);
bool GOMP_loop_guided_next(long *, long *);
bool GOMP_loop_start(long, long, long, long, long, long *, long *, uintptr_t *, void **);
void GOMP_loop_end(void);
void GOMP_doacross_post(long *);
void GOMP_doacross_wait(long, ...);
unsigned GOMP_sections_start(unsigned);
void GOMP_sections_end(void);
void GOMP_task(body, void *, void (*)(void *, void *), long, long, bool, unsigned, void **, int, void *);
void GOMP_taskloop(body, void *, void (*)(void *, void *), long, long, unsigned, unsigned long, int, long, long, long);
void GOMP_taskwait_depend(void **);
void GOMP_teams_reg(body, void *, unsigned, unsigned, unsigned);
unsigned GOMP_parallel_reductions(body, void *, unsigned, unsigned);
void GOMP_taskgroup_start(void);
void GOMP_taskgroup_end(void);
void GOMP_taskgroup_reduction_register(uintptr_t *);
void GOMP_taskgroup_reduction_unregister(uintptr_t *);
void *GOMP_alloc(size_t, size_t, uintptr_t);

static void need(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "wrong: %s\n", what);
        exit(3);
    }
}
#define NEED(condition) need(condition, #condition)

static void nothing(void *data) { (void)data; }

static long count;
static void add(void *data)
{
    (void)data;
#pragma omp atomic
    count++;
}
static void add_iterations(void *data)
{
    long *bounds = data;
#pragma omp atomic
    count += bounds[1] - bounds[0];
}

/* Doacross loops. */
static void negative_static(void)
{
    long counts[2] = {-1, 3}, from, to;
#pragma omp parallel private(from, to)
    {
        NEED(!GOMP_loop_doacross_static_start(2, counts, 0, &from, &to));
        GOMP_loop_end();
    }
}
static void negative_dynamic(void)
{
    long counts[2] = {LONG_MIN, 3}, from, to;
#pragma omp parallel private(from, to)
    {
        NEED(!GOMP_loop_doacross_dynamic_start(2, counts, 1, &from, &to));
        GOMP_loop_end();
    }
}
static void negative_guided(void)
{
    long counts[1] = {-1}, from, to;
#pragma omp parallel private(from, to)
    {
        NEED(!GOMP_loop_doacross_guided_start(1, counts, -1, &from, &to));
        GOMP_loop_end();
    }
}
static void negative_inside(void)
{
    long counts[2] = {4, -1}, from, to;
#pragma omp parallel private(from, to)
    {
        if (GOMP_loop_doacross_dynamic_start(2, counts, 1, &from, &to))
            do {
#pragma omp atomic
                count += to - from;
            } while (GOMP_loop_dynamic_next(&from, &to));
        GOMP_loop_end();
    }
    NEED(count == 4);
}
static void no_dimensions(void)
{
    long from, to;
#pragma omp parallel private(from, to)
    {
        NEED(!GOMP_loop_doacross_static_start(0, 0, 0, &from, &to));
        GOMP_loop_end();
    }
}
static void no_counts(void)
{
    long from, to;
#pragma omp parallel private(from, to)
    GOMP_loop_doacross_static_start(2, 0, 0, &from, &to);
}
/* Does the first iterations, then leaves the loop. */
static void great_first(bool (*start)(unsigned, long *, long, long *, long *))
{
    long counts[2] = {1L << 31, 2};
#pragma omp parallel
    {
        long from, to;
        if (start(2, counts, 1, &from, &to) && from < 100)
            for (long i = from; i < to && i < 100; i++)
                for (long j = 0; j < 2; j++) {
                    if (j > 0)
                        GOMP_doacross_wait(i, j - 1);
                    GOMP_doacross_post((long[]){i, j});
                }
        GOMP_loop_end();
    }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    NEED(used.ru_maxrss < 200 << 10);
}
static void great_dynamic(void) { great_first(GOMP_loop_doacross_dynamic_start); }
static void great_guided(void) { great_first(GOMP_loop_doacross_guided_start); }
static void great_static(void) { great_first(GOMP_loop_doacross_static_start); }
static void all_unsigned(void)
{
    ull counts[2] = {ULLONG_MAX, ULLONG_MAX}, from, to;
#pragma omp parallel private(from, to)
    {
        NEED(GOMP_loop_ull_doacross_static_start(2, counts, 0, &from, &to));
        GOMP_loop_end();
    }
}
static void too_many_cells(void)
{
    ull counts[2] = {ULLONG_MAX, ULLONG_MAX}, from, to;
#pragma omp parallel private(from, to)
    {
        GOMP_loop_ull_doacross_dynamic_start(2, counts, 1, &from, &to);
        GOMP_loop_end();
    }
}

/* Loops. */
static void chunks(bool (*start)(long, long, long, long, long *, long *), bool (*next)(long *, long *), long chunk)
{
    ull sum = 0;
#pragma omp parallel reduction(+ : sum)
    {
        long from, to;
        if (start(LONG_MIN, LONG_MAX, 1, chunk, &from, &to))
            do
                sum += (ull)to - (ull)from;
            while (next(&from, &to));
        GOMP_loop_end();
    }
    NEED(sum == ULLONG_MAX);
}
static void great_chunks(void)
{
    chunks(GOMP_loop_static_start, GOMP_loop_static_next, LONG_MAX);
    chunks(GOMP_loop_dynamic_start, GOMP_loop_dynamic_next, LONG_MAX);
    chunks(GOMP_loop_guided_start, GOMP_loop_guided_next, LONG_MAX);
    chunks(GOMP_loop_static_start, GOMP_loop_static_next, LONG_MIN);
}
static void shared_memory(void)
{
    long from, to;
#pragma omp parallel private(from, to)
    {
        void *memory = (void *)(1L << 62);
        GOMP_loop_start(0, 10, 1, 1, 1, &from, &to, 0, &memory);
        GOMP_loop_end();
    }
}
static void sections(void)
{
#pragma omp parallel
    {
        NEED(GOMP_sections_start(0) == 0);
        GOMP_sections_end();
        GOMP_sections_start(UINT_MAX);
        GOMP_sections_end();
    }
}

/* Tasks. */
static void task_of(long size, long align)
{
    char data[64] = "";
#pragma omp parallel
#pragma omp single
    GOMP_task(nothing, data, 0, size, align, true, 0, 0, 0, 0);
}
static void negative_size(void) { task_of(-1, 8); }
static void great_size(void) { task_of(1L << 60, 8); }
static void negative_alignment(void) { task_of(64, -8); }
static void odd_alignment(void) { task_of(64, 48); }
static void no_alignment(void) { task_of(64, 0); }
static void no_dependences(void)
{
#pragma omp parallel
#pragma omp single
    GOMP_task(nothing, 0, 0, 0, 1, true, 8, 0, 0, 0);
}
static void wait_for_nothing(void) { GOMP_taskwait_depend(0); }
static void taskloops(void)
{
    struct {
        long bounds[2];
    } data = {0};
    const unsigned size = 1 << 9, on = 1 << 10, strict = 1 << 14;
    const unsigned flags[] = {on, on | size, on | size | strict};
    const unsigned long numbers[] = {0, 1, 7, LONG_MAX, ULONG_MAX};
#pragma omp parallel
#pragma omp single
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++)
        for (unsigned j = 0; j < sizeof numbers / sizeof *numbers; j++) {
            count = 0;
            GOMP_taskloop(add_iterations, &data, 0, sizeof data, 8, flags[i], numbers[j], 0, 0, 10, 1);
            NEED(count == 10);
            GOMP_taskloop(add_iterations, &data, 0, sizeof data, 8, flags[i], numbers[j], 0, 0, 10, 0);
            NEED(count == 10);
        }
}
static void negative_teams(void)
{
    GOMP_teams_reg(add, 0, -1, -1, 0);
    NEED(count == 3);
}

static void negative_teams_of_target(void)
{
    for (bool first = true; GOMP_teams4(-1, -1, -1, first); first = false)
        count++;
    NEED(count == 1);
}
static void odd_cancellation(void)
{
    const int which[] = {-1, 0, 3, 5, 6, 1 << 30, INT_MIN};
#pragma omp parallel
    for (unsigned i = 0; i < sizeof which / sizeof *which; i++)
        NEED(!GOMP_cancel(which[i], true) && !GOMP_cancel(which[i], false) && !GOMP_cancellation_point(which[i]));
}
static void odd_schedules(void)
{
    const long words[] = {-1, 5, 77, LONG_MIN, LONG_MAX, 1L << 31, (1L << 31) + 5};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        long done = 0;
#pragma omp parallel reduction(+ : done)
        {
            long from, to;
            if (GOMP_loop_start(0, 100, 1, words[i], 3, &from, &to, 0, 0))
                do
                    done += to - from;
                while (GOMP_loop_dynamic_next(&from, &to));
            GOMP_loop_end();
        }
        NEED(done == 100);
    }
}

/* Reductions. */
static void no_block(void)
{
    uintptr_t *data[1] = {0};
    GOMP_parallel_reductions(nothing, data, 0, 0);
}
static void group_of(uintptr_t size, uintptr_t align)
{
    uintptr_t block[16] = {0, size, align, -1};
#pragma omp parallel
#pragma omp single
    {
        GOMP_taskgroup_start();
        GOMP_taskgroup_reduction_register(block);
        GOMP_taskgroup_end();
        GOMP_taskgroup_reduction_unregister(block);
    }
}
static void great_copies(void) { group_of(1UL << 62, 8); }
static void odd_copies(void) { group_of(8, 3); }
static void no_copies(void) { group_of(0, 0); }

/* Memory. */
static void allocations(void)
{
    /* Volatile: compilers warn of what they see. */
    volatile size_t most = SIZE_MAX, half = 1UL << 63, root = 1UL << 33;
    omp_allocator_handle_t odd[] = {omp_default_mem_alloc, omp_large_cap_mem_alloc};
    for (int i = 0; i < 2; i++) {
        NEED(!omp_calloc(most, most, odd[i]));
        NEED(!omp_calloc(root, root, odd[i]));
        NEED(!omp_aligned_calloc(64, most / 2, 4, odd[i]));
        NEED(!omp_aligned_alloc(most, 1, odd[i]));
        NEED(!omp_aligned_alloc(half, half, odd[i]));
        NEED(!omp_alloc(most - 16, odd[i]));
        char *block = omp_alloc(8, odd[i]);
        memcpy(block, "content", 8);
        NEED(!omp_realloc(block, most - 8, odd[i], odd[i]));
        NEED(!strcmp(block, "content"));
        omp_free(block, odd[i]);
    }
    NEED(omp_init_allocator(omp_default_mem_space, 1, 0) == omp_null_allocator);
    NEED(omp_init_allocator(omp_default_mem_space, -1, 0) != omp_null_allocator);
}
static void clause(void) { GOMP_alloc(8, SIZE_MAX - 8, 0); }
static void rectangles(void)
{
    char to[4] = "abc", from[4] = "xyz";
    size_t no[3] = {0}, one[3] = {1, 1, 1}, most[3] = {SIZE_MAX, SIZE_MAX, SIZE_MAX};
    size_t empty[3] = {SIZE_MAX, SIZE_MAX, 0};
    NEED(omp_target_memcpy_rect(to, from, 1, 3, empty, no, no, one, one, 0, 0) == 0);
    NEED(omp_target_memcpy_rect(to, from, 0, 3, most, no, no, one, one, 0, 0) == 0);
    NEED(omp_target_memcpy_rect(to, from, 2, 3, most, no, no, most, most, 0, 0) == EINVAL);
    NEED(omp_target_memcpy_rect(to, from, 4, 1, most, no, no, one, one, 0, 0) == EINVAL);
    NEED(omp_target_memcpy_rect(to, from, 4, 0, one, no, no, one, one, 0, 0) == EINVAL);
    NEED(omp_target_memcpy_rect(to, from, 4, INT_MIN, one, no, no, one, one, 0, 0) == EINVAL);
    NEED(!strcmp(to, "abc"));
    const int deep = 1000000;
    size_t *ones = malloc(deep * sizeof *ones), *zeros = calloc(deep, sizeof *zeros);
    for (int i = 0; i < deep; i++)
        ones[i] = 1;
    NEED(omp_target_memcpy_rect(to, from, 1, deep, ones, zeros, zeros, ones, ones, 0, 0) == 0);
    NEED(!strcmp(to, "xbc"));
    free(ones);
    free(zeros);
}

/* Invalid addresses. */
static void no_lock(void) { omp_init_lock(0); }
static void no_nest_lock(void) { omp_init_nest_lock(0); }
static void no_format(void) { omp_set_affinity_format(0); }
static void no_buffer(void)
{
    NEED(omp_get_affinity_format(0, 10) == strlen("level %L thread %i affinity %A"));
    NEED(omp_capture_affinity(0, 10, "abc") == 3);
    NEED(omp_capture_affinity(0, 0, 0) > 0);
}

static const struct {
    const char *name;
    void (*run)(void);
    const char *sentence; /* what the program says at its end; 0: it does not end */
    int least;            /* least team size at which it ends so; 0: it may end so */
} cases[] = {
#define CASE(name) {#name, name, 0, 1}
#define ENDS(name, sentence, size) {#name, name, sentence, size}
#define MAY_END(name, sentence) {#name, name, sentence, 0}
    CASE(negative_static),
    CASE(negative_dynamic),
    CASE(negative_guided),
    CASE(negative_inside),
    CASE(no_dimensions),
    ENDS(no_counts, "counts is a null pointer", 1),
    CASE(great_static),
    /* A system that promises no more memory than it has may refuse. */
    MAY_END(great_dynamic, "Out of memory allocating"),
    MAY_END(great_guided, "Out of memory allocating"),
    CASE(all_unsigned),
    ENDS(too_many_cells, "Out of memory allocating", 2),
    CASE(great_chunks),
    ENDS(shared_memory, "Out of memory allocating 4611686018427387904 bytes", 1),
    CASE(sections),
    ENDS(negative_size, "arg_size -1 ", 2),
    ENDS(great_size, "Out of memory allocating", 2),
    ENDS(negative_alignment, "arg_align -8 ", 2),
    ENDS(odd_alignment, "arg_align 48 ", 2),
    CASE(no_alignment),
    ENDS(no_dependences, "depend is a null pointer", 1),
    ENDS(wait_for_nothing, "depend is a null pointer", 1),
    CASE(taskloops),
    CASE(negative_teams),
    CASE(negative_teams_of_target),
    CASE(odd_cancellation),
    CASE(odd_schedules),
    ENDS(no_block, "no block of reductions", 1),
    ENDS(great_copies, "Out of memory allocating", 1),
    ENDS(odd_copies, "have alignment 3", 1),
    CASE(no_copies),
    CASE(allocations),
    ENDS(clause, "Out of memory allocating", 1),
    CASE(rectangles),
    ENDS(no_lock, "omp_init_lock: lock is a null pointer", 1),
    ENDS(no_nest_lock, "omp_init_nest_lock: lock is a null pointer", 1),
    ENDS(no_format, "omp_set_affinity_format: format is a null pointer", 1),
    CASE(no_buffer),
};

extern char **environ;

/* Runs one of them in a child process; returns its output and status. */
static int run(int number, char *said, size_t room)
{
    char text[16];
    int ends[2], status;
    snprintf(text, sizeof text, "%d", number);
    char *arguments[] = {"counts", text, 0};
    posix_spawn_file_actions_t files;
    pid_t child;
    if (pipe(ends) || posix_spawn_file_actions_init(&files) || posix_spawn_file_actions_adddup2(&files, ends[1], 2) ||
        posix_spawn_file_actions_addclose(&files, ends[0]) ||
        posix_spawn(&child, "/proc/self/exe", &files, 0, arguments, environ))
        exit(2);
    posix_spawn_file_actions_destroy(&files);
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while (length + 1 < room && (got = read(ends[0], said + length, room - 1 - length)) > 0)
        length += got;
    said[length] = 0;
    close(ends[0]);
    waitpid(child, &status, 0);
    return status;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        alarm(60);
        cases[atoi(argv[1])].run();
        return 0;
    }
    int failed = 0;
    const int size = omp_get_max_threads();
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char said[4096];
        const int status = run(i, said, sizeof said);
        const bool returned = status == 0 && !strstr(said, "panicked");
        const bool ended = WIFEXITED(status) && WEXITSTATUS(status) == 1 && cases[i].sentence
            && strstr(said, cases[i].sentence);
        const bool good = cases[i].least == 0 ? returned || ended
            : cases[i].sentence && size >= cases[i].least ? ended
                                                          : returned;
        if (!good) {
            failed++;
            printf("%s: status %#x: %s\n", cases[i].name, status, said);
        }
    }
    return failed > 0;
}
