/*
 * The lock routines at the version node OMP_1.0, for programs that were built by GCC
 * before 4.4.  Since OpenMP 3.0 a nestable lock belongs to the task that sets it.
 * Before that it belonged to the thread, and its type was smaller.
 *
 * Only libghcomp.so has these routines (see rust/shared.sh).  The linker gives new
 * programs those at OMP_3.0.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <omp.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Gives the routine both of its old names, C's and Fortran's.  Fortran's lock variables
 * hold the lock itself and come by reference. */
#define OLD(name) __attribute__((symver(#name "@OMP_1.0"))) __attribute__((symver(#name "_@OMP_1.0")))

/* The simple lock is the same as today. */

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
 * omp_nest_lock_t as it was.  It is too small for a lock of the runtime beside the
 * owner, so the word `owner` is the lock.  Thread numbers leave the upper bit free.
 * The bit CONTENDED says that threads may sleep on the word.  A thread that has slept
 * takes the lock with the bit set, because others may still sleep; so no sleeper is
 * forgotten.  `depth` belongs to the owner.  A thread finds its own number in `owner`
 * only while it is the owner.
 */
typedef struct {
    _Atomic uint32_t owner; /* the owner's thread number or 0, and CONTENDED */
    uint32_t depth;         /* how many times the owner has set it */
} nest_lock;

#define CONTENDED (UINT32_C(1) << 31)

_Static_assert(sizeof(nest_lock) == 8, "the size that a program of that time reserves");

static int is_mine(nest_lock *lock)
{
    uint32_t owner = atomic_load_explicit(&lock->owner, memory_order_relaxed);
    return (owner & ~CONTENDED) == (uint32_t)gettid();
}

static int change(nest_lock *lock, uint32_t from, uint32_t to)
{
    return atomic_compare_exchange_strong_explicit(&lock->owner, &from, to,
                                                   memory_order_acquire, memory_order_relaxed);
}

static int again(nest_lock *lock)
{
    return (int)++lock->depth;
}

static void wait_for(nest_lock *lock)
{
    uint32_t owner = atomic_load_explicit(&lock->owner, memory_order_relaxed);
    if (owner != 0 && ((owner & CONTENDED) || change(lock, owner, owner | CONTENDED)))
        syscall(SYS_futex, &lock->owner, FUTEX_WAIT_PRIVATE, owner | CONTENDED, NULL);
}

OLD(omp_init_nest_lock) void init_nest_lock(nest_lock *lock)
{
    if (!lock)
        omp_init_nest_lock(NULL); /* reports the error */
    atomic_init(&lock->owner, 0);
    lock->depth = 0;
}

OLD(omp_destroy_nest_lock) void destroy_nest_lock(nest_lock *lock)
{
    (void)lock;
}

OLD(omp_set_nest_lock) void set_nest_lock(nest_lock *lock)
{
    if (!is_mine(lock)) {
        uint32_t me = (uint32_t)gettid();
        for (uint32_t as = me; !change(lock, 0, as); as = me | CONTENDED)
            wait_for(lock);
        lock->depth = 0;
    }
    again(lock);
}

OLD(omp_unset_nest_lock) void unset_nest_lock(nest_lock *lock)
{
    if (--lock->depth == 0 &&
        (atomic_exchange_explicit(&lock->owner, 0, memory_order_release) & CONTENDED))
        syscall(SYS_futex, &lock->owner, FUTEX_WAKE_PRIVATE, 1);
}

OLD(omp_test_nest_lock) int test_nest_lock(nest_lock *lock)
{
    if (!is_mine(lock)) {
        if (!change(lock, 0, (uint32_t)gettid()))
            return 0;
        lock->depth = 0;
    }
    return again(lock);
}
