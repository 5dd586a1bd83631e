/*
 * Random calls of the user's routines, for clang's libFuzzer (test/fuzz/run).
 *
 * The bytes of an input choose the calls and their arguments: affinity formats
 * and the buffers that get them, allocators and blocks of memory, rectangular
 * copies, numbers that no program means. A model of each knows the result.
 *
 * The runtime is not built with AddressSanitizer. So buffers that it writes end
 * where a page begins that nobody may touch, and marks stand before them.
 * What ends a program as its last resort comes back here: see exit.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef uintptr_t handle;
struct trait {
    unsigned key;
    uintptr_t value;
};
typedef const size_t *numbers;

void omp_set_affinity_format(const char *);
size_t omp_get_affinity_format(char *, size_t);
void omp_display_affinity(const char *);
size_t omp_capture_affinity(char *, size_t, const char *);
void omp_set_affinity_format_(const char *, size_t);
int omp_get_affinity_format_(char *, size_t);
void omp_display_affinity_(const char *, size_t);
int omp_capture_affinity_(char *, const char *, size_t, size_t);
void omp_display_env(int);
handle omp_init_allocator(uintptr_t, int, const struct trait *);
void omp_destroy_allocator(handle);
void omp_set_default_allocator(handle);
handle omp_get_default_allocator(void);
void *omp_alloc(size_t, handle);
void *omp_aligned_alloc(size_t, size_t, handle);
void *omp_calloc(size_t, size_t, handle);
void *omp_aligned_calloc(size_t, size_t, size_t, handle);
void *omp_realloc(void *, size_t, handle, handle);
void omp_free(void *, handle);
void *GOMP_alloc(size_t, size_t, handle);
void GOMP_free(void *, handle);
int omp_target_memcpy_rect(void *, const void *, size_t, int, numbers, numbers, numbers, numbers, numbers, int, int);
int omp_get_num_places(void);
int omp_get_place_num_procs(int);
void omp_get_place_proc_ids(int, int *);
void omp_get_place_proc_ids_8_(const int64_t *, int64_t *);
int omp_get_partition_num_places(void);
void omp_get_partition_place_nums(int *);
void omp_set_schedule(unsigned, int);
void omp_get_schedule(unsigned *, int *);
void omp_set_num_threads(int);
int omp_get_max_threads(void);
void omp_set_max_active_levels(int);
int omp_get_max_active_levels(void);
int omp_get_ancestor_thread_num(int);
int omp_get_team_size(int);
void omp_set_num_teams(int);
int omp_get_max_teams(void);
void omp_set_teams_thread_limit(int);
int omp_get_teams_thread_limit(void);
void omp_set_default_device(int);
int omp_get_device_from_uid(const char *);
int omp_get_device_from_uid_(const char *, size_t);
const char *omp_get_uid_from_device(int);
intptr_t omp_get_interop_int(const void *, int, int *);
const char *omp_get_interop_str(const void *, int, int *);
const char *omp_get_interop_rc_desc(const void *, int);
void GOMP_warning(const char *, size_t);
void GOMP_parallel(void (*)(void *), void *, unsigned, unsigned);
int omp_get_thread_num(void);

static jmp_buf *way_back;

/* The runtime says a sentence and ends the program; the next call goes on. */
void _exit(int status)
{
    if (way_back)
        longjmp(*way_back, 1);
    for (;;)
        syscall(SYS_exit_group, status);
}
void exit(int status)
{
    fflush(NULL);
    _exit(status);
}

/* Whether the call came back by itself. What the caller has changed since, and
 * uses afterwards, is volatile. */
#define RETURNS(call)                                  \
    ({                                                 \
        jmp_buf here;                                  \
        volatile bool returned = false;                \
        if (!setjmp(here)) {                           \
            way_back = &here;                          \
            call;                                      \
            returned = true;                           \
        }                                              \
        way_back = NULL;                               \
        (bool)returned;                                \
    })

#define CHECK(condition)                                                        \
    do {                                                                        \
        if (!(condition)) {                                                     \
            dprintf(1, "%s:%d: %s\n", __FILE__, __LINE__, #condition);          \
            abort();                                                            \
        }                                                                       \
    } while (0)

/* The input. */
static const uint8_t *input;
static size_t left;

static unsigned byte(void)
{
    if (left == 0)
        return 0;
    left--;
    return *input++;
}

static uint64_t word(void)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | byte();
    return value;
}

/* Numbers as programs have them, and at the ends of all types. */
static uint64_t number(void)
{
    static const uint64_t ends[] = {0, 1, 2, 7, 8, 16, 64, 4096, 65536, 1u << 31, UINT32_MAX, INT32_MAX,
                                    INT64_MAX, 1ull << 63, UINT64_MAX, UINT64_MAX - 7, 1ull << 33, 1ull << 62};
    unsigned kind = byte();
    if (kind < 128)
        return kind;
    if (kind < 200)
        return ends[byte() % (sizeof ends / sizeof *ends)] + (kind % 3) - 1;
    return word();
}

static size_t page;

/* Memory that ends before a page that nobody may touch, with marks before it. */
struct buffer {
    char *start, *pages;
    size_t size, length;
};
enum { MARKS = 32, MARK = 0x5a };

static struct buffer buffer(size_t size)
{
    struct buffer b = {.size = size};
    b.length = (size + MARKS + page - 1) / page * page + page;
    b.pages = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(b.pages != MAP_FAILED && !mprotect(b.pages + b.length - page, page, PROT_NONE));
    b.start = b.pages + b.length - page - size;
    memset(b.pages, MARK, b.length - page);
    return b;
}

static void done(struct buffer b)
{
    for (char *c = b.pages; c < b.start; c++)
        CHECK(*c == MARK);
    munmap(b.pages, b.length);
}

/* A text in such memory; with or without the zero behind it. */
static struct buffer text(const char *from, size_t length, bool zero)
{
    struct buffer b = buffer(length + zero);
    memcpy(b.start, from, length);
    if (zero)
        b.start[length] = 0;
    return b;
}

enum { MOST = 300 };

/* A format: mostly of good fields. */
static size_t format(char *to)
{
    static const char *const pieces[] = {"%", "0", ".", "0.", "9", "12", "%%", "%t", "%T", "%L", "%n", "%N", "%a",
                                         "%H", "%P", "%i", "%A", "{", "}", "%{team_num}", "%{thread_affinity}",
                                         "%0.8n", "%.12A", "%20H", "%{", "host", "%0.", "99999999999999999999",
                                         "%4294967297n", "%18446744073709551616A"};
    size_t length = 0;
    for (unsigned count = byte() % 12; count > 0; count--) {
        unsigned which = byte();
        char one = which;
        const char *piece = which < 2 * sizeof pieces / sizeof *pieces ? pieces[which / 2] : &one;
        size_t size = piece == &one ? 1 : strlen(piece);
        if (one == 0 && piece == &one)
            continue;
        if (length + size > MOST)
            break;
        memcpy(to + length, piece, size);
        length += size;
    }
    return length;
}

static void formats(void)
{
    char from[MOST + 1], *volatile whole = NULL;
    size_t length = format(from);
    struct buffer c = text(from, length, true), fortran = text(from, length, false);
    /* The whole text, as the truth. */
    volatile size_t size = 0;
    bool good = RETURNS(size = omp_capture_affinity(NULL, 0, c.start));
    if (good) {
        CHECK(size < (4u << 20));
        whole = malloc(size + 1);
        CHECK(omp_capture_affinity(whole, size + 1, c.start) == size && whole[size] == 0);
    }
    volatile size_t room = byte() % 2 ? byte() : good && size < 2000 ? size + byte() % 3 : byte() * 7;
    struct buffer to = buffer(room);
    volatile size_t told = 0;
    bool again = RETURNS(told = omp_capture_affinity(to.start, room, c.start));
    CHECK(again == good && (!good || told == size));
    if (good && room > 0) {
        size_t fitting = size < room ? size : room - 1;
        CHECK(!memcmp(to.start, whole, fitting) && to.start[fitting] == 0);
        for (size_t i = fitting + 1; i < room; i++)
            CHECK(to.start[i] == MARK);
    }
    done(to);
    /* Fortran: filled up with blanks, and no zero. An empty one is the variable's. */
    to = buffer(room);
    volatile int count = 0;
    again = RETURNS(count = omp_capture_affinity_(to.start, fortran.start, room, length));
    CHECK(again == good && (!good || count == (int)size));
    if (good) {
        for (size_t i = 0; i < room; i++)
            CHECK(to.start[i] == (i < size ? whole[i] : ' '));
    }
    done(to);
    free(whole);
    /* The variable keeps any text. */
    if (byte() % 2)
        omp_set_affinity_format(c.start);
    else
        omp_set_affinity_format_(fortran.start, length);
    to = buffer(room);
    CHECK(omp_get_affinity_format(to.start, room) == length);
    if (room > 0) {
        size_t fitting = length < room ? length : room - 1;
        CHECK(!memcmp(to.start, from, fitting) && to.start[fitting] == 0);
    }
    done(to);
    to = buffer(room);
    CHECK(omp_get_affinity_format_(to.start, room) == (int)length);
    for (size_t i = 0; i < room; i++)
        CHECK(to.start[i] == (i < length ? from[i] : ' '));
    done(to);
    if (byte() % 8 == 0) {
        RETURNS(omp_display_affinity(c.start));
        RETURNS(omp_display_affinity_(fortran.start, length));
        RETURNS(omp_display_affinity(NULL));
        omp_display_env(byte() - 100);
    }
    /* What a later input starts with. */
    omp_set_affinity_format("%n");
    done(c);
    done(fortran);
}

/* Allocators and blocks of one input. */
enum { ALLOCATORS = 8, BLOCKS = 32 };
static handle allocators[ALLOCATORS];
static unsigned allocator_count;
static struct block {
    unsigned char *start;
    size_t size;
    unsigned char mark;
    handle from;
} blocks[BLOCKS];

static handle some_allocator(void)
{
    unsigned which = byte();
    if (which < 100 && allocator_count > 0)
        return allocators[which % allocator_count];
    if (which < 120)
        return 200 + which % 2;
    if (which < 140)
        return 300 + which; /* none */
    return which % 9;
}

static void new_allocator(void)
{
    struct trait traits[6];
    const int count = byte() % 7 - 1;
    struct buffer b = buffer(sizeof traits);
    for (int i = 0; i < count; i++) {
        unsigned key = byte() % 10;
        uintptr_t value = number();
        if (key == 6) /* fb_data must be an allocator */
            value = some_allocator();
        else if (key == 5 && byte() % 4)
            value = 11 + byte() % 4;
        else if (key == 7)
            value = byte() % 3;
        else if (key == 2 && byte() % 2)
            value = 1ull << byte() % 64;
        traits[i] = (struct trait){key, value};
    }
    struct trait *at = (struct trait *)(b.start + sizeof traits - (count > 0 ? count : 0) * sizeof *traits);
    memcpy(at, traits, (count > 0 ? count : 0) * sizeof *traits);
    handle made = omp_init_allocator(byte() % 8 ? byte() % 5 : number(), count, at);
    if (made && allocator_count < ALLOCATORS)
        allocators[allocator_count++] = made;
    else
        omp_destroy_allocator(made);
    done(b);
}

/* Either some kilobytes or more than there is. */
static size_t some_size(void)
{
    uint64_t size = number();
    return size < (64 << 10) || size >= (1ull << 46) ? size : size % 5000;
}

static void look(const struct block *b)
{
    for (size_t i = 0; i < b->size; i++)
        CHECK(b->start[i] == b->mark);
}

static void fill(struct block *b)
{
    b->mark = byte();
    memset(b->start, b->mark, b->size);
}

static void memory(void)
{
    struct block *b = &blocks[byte() % BLOCKS];
    handle from = some_allocator();
    unsigned what = byte() % 8;
    if (what == 0 || (b->start && what < 5)) {
        if (b->start) {
            look(b);
            omp_free(b->start, byte() % 2 ? b->from : 0);
            b->start = NULL;
        }
        return;
    }
    volatile size_t size = some_size();
    if (b->start) {
        look(b);
        void *volatile moved = NULL;
        bool returned = RETURNS(moved = omp_realloc(b->start, size, byte() % 2 ? from : 0, 0));
        if (!returned || (!moved && size > 0)) {
            look(b); /* as it was */
            return;
        }
        size_t kept = size < b->size ? size : b->size;
        b->start = moved;
        b->size = kept;
        if (moved) {
            look(b);
            b->size = size;
            fill(b);
        }
        return;
    }
    volatile size_t alignment = byte() % 4 ? 1ull << byte() % 16 : number(), count = 1;
    if (alignment > (1 << 20) && alignment < (1ull << 47))
        alignment = 64;
    const bool zeroed = what == 3 || what == 4;
    if (zeroed) {
        count = number();
        if (size > 0 && count > (64 << 10) / size && count < (1ull << 46) / size)
            count = 3;
    }
    void *volatile got = NULL;
    bool returned = RETURNS(
        got = what == 1   ? (alignment = 1, omp_alloc(size, from))
              : what == 2 ? omp_aligned_alloc(alignment, size, from)
              : what == 3 ? (alignment = 1, omp_calloc(count, size, from))
              : what == 4 ? omp_aligned_calloc(alignment, count, size, from)
              : what == 5 ? GOMP_alloc(alignment, size, from)
                          : (alignment = 1, omp_realloc(NULL, size, from, 0)));
    if (!returned || !got)
        return;
    size_t whole;
    CHECK(!__builtin_mul_overflow(size, count, &whole) && whole > 0 && whole < (1 << 20));
    CHECK(alignment == 0 || (uintptr_t)got % (alignment & -alignment) == 0);
    CHECK((uintptr_t)got % 8 == 0);
    *b = (struct block){got, whole, 0, from};
    if (zeroed)
        look(b);
    fill(b);
}

static void forget(void)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        if (blocks[i].start) {
            look(&blocks[i]);
            omp_free(blocks[i].start, 0);
            blocks[i].start = NULL;
        }
    omp_set_default_allocator(1);
    while (allocator_count > 0)
        omp_destroy_allocator(allocators[--allocator_count]);
}

/* Rectangles of up to four dimensions, against loops. */
static void rectangle(void)
{
    size_t volume[4], to_at[4], from_at[4], to_has[4], from_has[4], to_size = 1, from_size = 1;
    const int dims = byte() % 4 + 1;
    const size_t element = byte() % 5;
    for (int i = 0; i < dims; i++) {
        volume[i] = byte() % 4;
        to_at[i] = byte() % 3;
        from_at[i] = byte() % 3;
        to_size *= to_has[i] = to_at[i] + volume[i] + byte() % 2;
        from_size *= from_has[i] = from_at[i] + volume[i] + byte() % 2;
    }
    struct buffer to = buffer(to_size * element), from = buffer(from_size * element);
    struct buffer lists[5] = {text((char *)volume, dims * 8, 0), text((char *)to_at, dims * 8, 0),
                              text((char *)from_at, dims * 8, 0), text((char *)to_has, dims * 8, 0),
                              text((char *)from_has, dims * 8, 0)};
    for (size_t i = 0; i < from.size; i++)
        from.start[i] = i * 7;
    char *model = malloc(to.size + 1);
    memcpy(model, to.start, to.size);
    size_t i[4] = {0};
    bool any = true;
    for (int d = 0; d < dims; d++)
        any &= volume[d] > 0;
    while (any) {
        size_t at = 0, of = 0;
        for (int d = 0; d < dims; d++) {
            at = at * to_has[d] + to_at[d] + i[d];
            of = of * from_has[d] + from_at[d] + i[d];
        }
        memcpy(model + at * element, from.start + of * element, element);
        int d = dims - 1;
        while (d >= 0 && ++i[d] == volume[d])
            i[d--] = 0;
        any = d >= 0;
    }
    CHECK(omp_target_memcpy_rect(to.start, from.start, element, dims, (numbers)lists[0].start,
                                 (numbers)lists[1].start, (numbers)lists[2].start, (numbers)lists[3].start,
                                 (numbers)lists[4].start, 0, 0)
          == 0);
    CHECK(!memcmp(model, to.start, to.size));
    free(model);
    done(to);
    done(from);
    for (int list = 0; list < 5; list++)
        done(lists[list]);
}

/* Numbers and texts that no program means. */
static void odd(void)
{
    int n = number(), code = 0;
    switch (byte() % 12) {
    case 0:
        if (byte() % 2)
            n = (int)(byte() % (omp_get_num_places() + 2)) - 1;
        struct buffer ids = buffer(omp_get_place_num_procs(n) * sizeof(int));
        omp_get_place_proc_ids(n, (int *)ids.start);
        done(ids);
        int64_t wide = byte() % 2 ? n : (int64_t)word();
        ids = buffer(omp_get_place_num_procs(wide == n ? n : wide < 0 ? -1 : INT32_MAX) * sizeof(int64_t));
        omp_get_place_proc_ids_8_(&wide, (int64_t *)ids.start);
        done(ids);
        ids = buffer(omp_get_partition_num_places() * sizeof(int));
        omp_get_partition_place_nums((int *)ids.start);
        done(ids);
        break;
    case 1:;
        unsigned kind = number();
        omp_set_schedule(kind, n);
        omp_get_schedule(&kind, &n);
        CHECK((kind & 0x7fffffff) >= 1 && (kind & 0x7fffffff) <= 4 && n >= 0);
        break;
    case 2:
        omp_set_num_threads(n);
        CHECK(omp_get_max_threads() >= 1);
        break;
    case 3:
        omp_set_max_active_levels(n);
        CHECK(omp_get_max_active_levels() >= 0 && omp_get_max_active_levels() <= 255);
        break;
    case 4:
        CHECK(omp_get_ancestor_thread_num(n) == (n == 0 ? 0 : -1));
        CHECK(omp_get_team_size(n) == (n == 0 ? 1 : -1));
        break;
    case 5:
        omp_set_num_teams(n);
        omp_set_teams_thread_limit(n);
        CHECK(omp_get_max_teams() >= 0 && omp_get_teams_thread_limit() >= 0);
        omp_set_num_teams(0);
        break;
    case 6:
        omp_get_uid_from_device(n);
        RETURNS(omp_set_default_device(n));
        break;
    case 7:
        omp_get_interop_int(NULL, n, &code);
        omp_get_interop_str(NULL, n, NULL);
        omp_get_interop_rc_desc(NULL, n);
        break;
    default:;
        char from[MOST + 1];
        size_t length = format(from);
        struct buffer c = text(from, length, true), plain = text(from, length, false);
        omp_get_device_from_uid(c.start);
        omp_get_device_from_uid_(plain.start, length);
        if (byte() % 4 == 0) {
            GOMP_warning(plain.start, length);
            GOMP_warning(c.start, SIZE_MAX);
        }
        done(c);
        done(plain);
    }
}

/* Several threads at once. */
static void by_one(void *data)
{
    (void)data;
    struct buffer to = buffer(20);
    CHECK(omp_capture_affinity(to.start, 20, "%0.30n") == 30);
    CHECK(!strcmp(to.start, "0000000000000000000"));
    done(to);
    unsigned char *block = omp_alloc(50, 200);
    if (block) {
        memset(block, omp_get_thread_num(), 50);
        for (int i = 0; i < 50; i++)
            CHECK(block[i] == omp_get_thread_num());
        omp_free(block, 200);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    page = sysconf(_SC_PAGESIZE);
    input = data;
    left = size;
    for (int calls = 0; left > 0 && calls < 100; calls++)
        switch (byte() % 8) {
        case 0:
        case 1:
            formats();
            break;
        case 2:
            new_allocator();
            break;
        case 3:
        case 4:
            memory();
            break;
        case 5:
            rectangle();
            break;
        case 6:
            odd();
            break;
        case 7:
            if (byte() % 2)
                omp_set_default_allocator(some_allocator());
            else if (byte() % 8 == 0)
                GOMP_parallel(by_one, NULL, 4, 0);
            break;
        }
    forget();
    return 0;
}
