/*
 * The lock routines at the version node OMP_1.0, for programs that were built
 * by GCC before 4.4. OpenMP 3.0 gave a nestable lock to the task that sets it;
 * until then it was the thread's, and its type was smaller.
 *
 * Only libghcomp.so has them (see rust/shared.sh): the linker gives new
 * programs those at OMP_3.0.
 */
#define _GNU_SOURCE
#include <omp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The routine at both of its old names: C's, and Fortran's, whose lock
 * variables hold the lock itself and come by reference. */
#define OLD(name) __attribute__((symver(#name "@OMP_1.0"))) __attribute__((symver(#name "_@OMP_1.0")))

/* The simple lock has not changed. */

OLD(omp_init_lock) void init_lock(omp_lock_t *lock)
{
    omp_init_lock(lock);
}

OLD(omp_destroy_lock) void destroy_lock(omp_lock_t *lock)
{
    omp_destroy_lock(lock);
}

OLD(omp_set_lock) void set_lock(omp_lock_t *lock)
{
    omp_set_lock(lock);
}

OLD(omp_unset_lock) void unset_lock(omp_lock_t *lock)
{
    omp_unset_lock(lock);
}

OLD(omp_test_lock) int test_lock(omp_lock_t *lock)
{
    return omp_test_lock(lock);
}

/*
 * omp_nest_lock_t as it was. A thread finds its own number in `owner` only
 * while it holds `lock`, so a relaxed load will do; `depth` belongs to who
 * holds `lock`.
 */
typedef struct {
    unsigned char lock;   /* a simple lock: the runtime uses its first byte */
    unsigned short depth; /* how many times the owner has set it */
    _Atomic pid_t owner;  /* the thread that holds it, 0 for none */
} nest_lock;

_Static_assert(sizeof(nest_lock) == 8, "what a program of that time reserves");

static omp_lock_t *simple(nest_lock *lock)
{
    return (omp_lock_t *)&lock->lock;
}

static int is_mine(nest_lock *lock)
{
    return atomic_load_explicit(&lock->owner, memory_order_relaxed) == gettid();
}

static int taken(nest_lock *lock)
{
    atomic_store_explicit(&lock->owner, gettid(), memory_order_relaxed);
    return lock->depth = 1;
}

static int again(nest_lock *lock)
{
    if (++lock->depth == 0) {
        fputs("libgomp: a nestable lock is set more than 65535 times\n", stderr);
        exit(EXIT_FAILURE);
    }
    return lock->depth;
}

OLD(omp_init_nest_lock) void init_nest_lock(nest_lock *lock)
{
    omp_init_lock(simple(lock));
    lock->depth = 0;
    atomic_init(&lock->owner, 0);
}

OLD(omp_destroy_nest_lock) void destroy_nest_lock(nest_lock *lock)
{
    omp_destroy_lock(simple(lock));
}

OLD(omp_set_nest_lock) void set_nest_lock(nest_lock *lock)
{
    if (is_mine(lock)) {
        again(lock);
    } else {
        omp_set_lock(simple(lock));
        taken(lock);
    }
}

OLD(omp_unset_nest_lock) void unset_nest_lock(nest_lock *lock)
{
    if (--lock->depth == 0) {
        atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
        omp_unset_lock(simple(lock));
    }
}

OLD(omp_test_nest_lock) int test_nest_lock(nest_lock *lock)
{
    if (is_mine(lock))
        return again(lock);
    return omp_test_lock(simple(lock)) ? taken(lock) : 0;
}
