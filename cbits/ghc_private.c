/*
 * All that this library knows of GHC's runtime system (RTS) beyond the headers that
 * GHC installs.  (Two Cmm files use private macros as well, because Cmm has no public
 * interface.  cmm/omp_batch.cmm leaves Haskell and comes back as a safe call does.
 * cmm/omp_prims.cmm reads the running capability's number and the exceptions that wait
 * for a thread.  Neither has a fall-back.)
 *
 * Tested with GHC 9.0, 9.6 and 9.10.  "Newest" is GHC's development branch, as far as
 * its public sources tell.
 *
 * What is used                 GHC versions           Without it
 *
 * capabilities                 A pointer to an        Nobody knows which capabilities
 *   Where the Capability       array at first; the    run Haskell.  All count as
 *   records are.  A hidden     array itself in some   idle: waiting threads spin
 *   symbol: there if the RTS   versions before 9.10;  beside Haskell threads, and
 *   is linked statically.      a pointer again from   dynamic adjustment takes all
 *                              9.10 on, where         processors.  Closures that a C
 *                              max_n_capabilities is  function calls are not refused
 *                              there too.             if it was imported as unsafe:
 *                                                     then the program may hang.
 *
 * struct beginning             The same from 8.2 to   The same.
 *   How a Capability begins.   9.10.
 *
 * Task                         An OS thread's id from Calls from unsafe imports are
 *   How it begins.             9.0 to 9.10, in the    not refused.
 *                              threaded RTS.
 *
 * sched_state                  0, 1 or 2 from 9.0 to  The first in-call that is
 *   Whether the RTS has begun  the newest.            interrupted tells that the RTS
 *   to end.  A hidden symbol.                         ends, a little later.
 *
 * traceUserMsg,                9.0 to the newest.     The last moment's events of a
 * traceUserMarker              (Before 9.4 only in    trace are lost, unless withTrace
 *   Hidden symbols.            RTSs with an           or flushTrace has written them.
 *                              eventlog.)
 *
 * oldest_gen->collections      9.0 to 9.10: an        Servers of closures yield after
 *   The count of major         installed header       each safe call, not only after
 *   collections.               declares it.           one with a collection.
 *
 * ZCMain_main_closure          All: GHC's name for a  Threads whose in-calls the end
 *   A weak reference.          Haskell main.          interrupts go on with answers
 *   Nothing is read.                                  of 0, as in a C program.
 *
 * The package's flag `public-rts-only` (GHCOMP_PUBLIC_RTS_ONLY) leaves out all but
 * the last.  The self-test (Note [The private side's self-test]) turns off what
 * reads the RTS's memory where that is not as described.
 *
 * The names must not be declared hidden here: then the linker gives references that
 * are never null in a shared library.
 */
#include "ghc_private.h"
#include <pthread.h>
#include <string.h>

/* There if the program's main is Haskell. */
extern StgClosure ZCMain_main_closure __attribute__((weak));

bool ghcomp_private_main_is_haskell(void)
{
    return &ZCMain_main_closure != NULL;
}

/*
 * Two places for Internal/Serve.hs, which reads the first one before a call and the
 * second one after it.  The numbers differ if there was a major collection between,
 * or if that is unknown.
 */
const uint32_t *ghcomp_ghc_collections(int after);

#ifdef GHCOMP_PUBLIC_RTS_ONLY

int ghcomp_private_is_on(void)
{
    return 0;
}

void ghcomp_private_test_here(void)
{
}

uint32_t ghcomp_private_in_use(void)
{
    return 0;
}

uint32_t ghcomp_private_in_use_by_others(void)
{
    return 0;
}

bool ghcomp_private_holds_capability(void)
{
    return false;
}

void ghcomp_private_thread_is_known(void)
{
}

bool ghcomp_private_rts_ends(void)
{
    return false;
}

bool ghcomp_private_post(Capability *cap, bool is_marker, char *text)
{
    (void)cap, (void)is_marker, (void)text;
    return false;
}

const uint32_t *ghcomp_ghc_collections(int after)
{
    static const uint32_t differ[2] = {0, 1};
    return &differ[after != 0];
}

#else

/*
 * Note [Capabilities in use]
 *
 * A capability is in use while an OS thread holds it: then its field running_task is
 * not null.  A safe foreign call gives it back; a thread that runs Haskell, or
 * collects garbage, has it.  (The public word next to that, the register table's
 * rCurrentTSO, is null during collections too.)  Between two OS threads nobody holds
 * it for some microseconds, for tens of them if the next one sleeps.  So a capability
 * with threads in its run queue is in use too.
 *
 * Note [Reading the RTS without its locks]
 *
 * - The words are aligned, are only compared with 0, and may be old as soon as they
 *   are read: an answer is a hint.
 * - A Capability stays where it is until the RTS ends.  setNumCapabilities may move
 *   the array of pointers: it sets the new array and then frees the old one.  So a
 *   pointer was read from a live array if the array is still the same afterwards.
 *   (GHC 9.10 makes room for max_n_capabilities at first and never moves the array.
 *   In versions between, the array has MAX_N_CAPABILITIES and is no pointer.)
 * - hs_exit first says in sched_state that it has begun.  Then it ends all Haskell
 *   threads.  At last it frees the capabilities, unless OS threads are in safe
 *   foreign calls.  From the first step on this file reads no capability.
 */

/* How a Capability begins. */
struct beginning {
    CapabilityPublic public;
    uint32_t number, node;
    void *running_task;
    bool in_haskell;
    uint32_t idle;
    bool disabled;
    StgTSO *run_queue_hd, *run_queue_tl;
    uint32_t n_run_queue;
};

/* A pointer to the array, or the array: see the note. */
extern Capability **capabilities __attribute__((weak));

/* No macro tells which of the two it is where MAX_N_CAPABILITIES is defined. */
#ifdef MAX_N_CAPABILITIES
extern uint32_t max_n_capabilities __attribute__((weak));
#define IS_POINTER (&max_n_capabilities != NULL)
#else
#define IS_POINTER true
#endif

/* SCHED_RUNNING (0), SCHED_INTERRUPTING (1) or SCHED_SHUTTING_DOWN (2). */
extern StgWord sched_state __attribute__((weak));
#define LAST_STATE 2

/* rts/Trace.c; null if this RTS has no eventlog. */
extern void traceUserMsg(Capability *cap, char *text) __attribute__((weak));
extern void traceUserMarker(Capability *cap, char *text) __attribute__((weak));

/* The capability of this number, or null if it cannot be told now. */
static const Capability *capability(uint32_t number)
{
    if (!IS_POINTER)
        return __atomic_load_n((Capability **)&capabilities + number, __ATOMIC_ACQUIRE);
    Capability **array = __atomic_load_n(&capabilities, __ATOMIC_ACQUIRE);
    const Capability *found = __atomic_load_n(&array[number], __ATOMIC_ACQUIRE);
    return array == __atomic_load_n(&capabilities, __ATOMIC_RELAXED) ? found : NULL;
}

/*
 * Note [The private side's self-test]
 *
 * The host registers in a constructor, before there is an RTS.  So the test waits for
 * the first question after hs_init, when the capabilities are there
 * (enabled_capabilities is set after them).  It has two parts:
 *
 * - Any thread, at the first question: each Capability that is enabled has its number
 *   and sane values at the places of struct beginning, and all have the same
 *   function table, whose place is public.  sched_state is 0.  (While the RTS ends
 *   nothing is tested.)
 * - A thread that is in an unsafe call (Internal/Serve.hs makes one before the first
 *   closure is called): its capability is the one of its number, is in Haskell, has
 *   a task that begins with the thread's id, and has a run queue that is empty just
 *   if its length is 0.  Only the holder of a capability changes these.
 *
 * A part that fails turns the private side off for good.  Then the answers are those
 * of a public-rts-only build, except that of ghcomp_ghc_collections, which an
 * installed header vouches for.
 *
 * Without the second part, in programs that make no closures, a running_task at
 * another place would give wrong hints, and nothing else.
 */
enum side { UNTESTED, ON, OFF };

/* Changes from UNTESTED to ON, and from either to OFF. */
static enum side side;

static void turn_off(void)
{
    __atomic_store_n(&side, OFF, __ATOMIC_RELAXED);
}

static bool is_flag(const bool *flag)
{
    return *(const uint8_t *)flag <= 1;
}

static bool is_address(const void *address)
{
    return address && (uintptr_t)address % sizeof(void *) == 0;
}

/* first: the Capability with number 0. */
static bool is_as_described(const Capability *cap, uint32_t number, const Capability *first)
{
    const struct beginning *it = (const struct beginning *)cap;
    return is_address(it) && it->number == number && it->node <= number &&
           is_flag(&it->in_haskell) && is_flag(&it->disabled) &&
           is_address(it->run_queue_hd) && is_address(it->run_queue_tl) &&
           it->public.f.stgGCFun &&
           memcmp(&it->public.f, &((const CapabilityPublic *)first)->f, sizeof it->public.f) == 0;
}

/* Which side it is now.  Threads that test at the same time find the same. */
static enum side tested(void)
{
    enum side now = __atomic_load_n(&side, __ATOMIC_RELAXED);
    if (now != UNTESTED)
        return now;
    if (!&capabilities || !&sched_state) {
        turn_off();
        return OFF;
    }
    uint32_t count = __atomic_load_n(&enabled_capabilities, __ATOMIC_ACQUIRE);
    StgWord state = __atomic_load_n(&sched_state, __ATOMIC_ACQUIRE);
    if (count == 0 || (state != 0 && state <= LAST_STATE))
        return UNTESTED;
    bool sane = state == 0 && (!IS_POINTER || is_address(capabilities));
    const Capability *first = sane ? capability(0) : NULL;
    for (uint32_t i = 0; sane && i < count; i++) {
        const Capability *cap = capability(i);
        /* The array is moving: the next question tests. */
        if (!cap || !first)
            return UNTESTED;
        sane = is_as_described(cap, i, first);
    }
    if (!sane) {
        turn_off();
        return OFF;
    }
    __atomic_compare_exchange_n(&side, &now, ON, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return __atomic_load_n(&side, __ATOMIC_RELAXED);
}

int ghcomp_private_is_on(void)
{
    return tested() == ON;
}

void ghcomp_private_test_here(void)
{
    if (tested() != ON || !rtsSupportsBoundThreads())
        return;
    const Capability *cap = rts_unsafeGetMyCapability();
    const struct beginning *it = (const struct beginning *)cap;
    if (it->number >= n_capabilities || capability(it->number) != cap || !it->in_haskell ||
        !is_address(it->running_task) ||
        !pthread_equal(*(const pthread_t *)it->running_task, pthread_self()) ||
        (it->n_run_queue == 0) != (it->run_queue_hd == END_TSO_QUEUE))
        turn_off();
}

bool ghcomp_private_rts_ends(void)
{
    return tested() != OFF && __atomic_load_n(&sched_state, __ATOMIC_ACQUIRE) != 0;
}

/* Whether capabilities may be read now. */
static bool is_readable(void)
{
    return tested() == ON && rtsSupportsBoundThreads() &&
           !__atomic_load_n(&sched_state, __ATOMIC_ACQUIRE);
}

static bool is_in_use(const Capability *cap, uint32_t number)
{
    const struct beginning *it = (const struct beginning *)cap;
    return it && it->number == number &&
           (__atomic_load_n(&it->running_task, __ATOMIC_RELAXED) ||
            __atomic_load_n(&it->n_run_queue, __ATOMIC_RELAXED));
}

/* How many are in use of all capabilities but one (or null). */
static uint32_t in_use(const Capability *but)
{
    uint32_t sum = 0, count = enabled_capabilities;
    for (uint32_t i = 0; i < count; i++) {
        const Capability *cap = capability(i);
        sum += cap != but && is_in_use(cap, i);
    }
    return sum;
}

uint32_t ghcomp_private_in_use(void)
{
    return is_readable() ? in_use(NULL) : 0;
}

static __thread bool thread_is_known;

void ghcomp_private_thread_is_known(void)
{
    thread_is_known = true;
}

/*
 * The capability that the calling thread had last.  To tell which one that is, the
 * RTS must know the OS thread.  It knows a thread that came out of Haskell.  Others
 * say once that their in-calls may go to any capability (the default): that makes
 * them known.
 */
static const Capability *own(void)
{
    if (!thread_is_known) {
        rts_setInCallCapability(-1, 0);
        thread_is_known = true;
    }
    return rts_unsafeGetMyCapability();
}

/*
 * The calling thread's own capability counts as idle: a safe call has released it,
 * and in an unsafe call or in a bound Haskell thread the caller itself keeps it busy.
 * If another Haskell thread has taken it since, the count is too low by one: it is
 * a hint.
 */
uint32_t ghcomp_private_in_use_by_others(void)
{
    return is_readable() ? in_use(own()) : 0;
}

/*
 * In C a thread holds a capability in an unsafe call only.
 *
 * The capability that it had last is still its own if the task that runs there is the
 * thread's.  A task begins with the id of its OS thread.  Another thread's task may
 * be freed while this reads it; then too it holds no running thread's id.
 */
bool ghcomp_private_holds_capability(void)
{
    if (!is_readable())
        return false;
    const struct beginning *it = (const struct beginning *)own();
    if (!it || it->number >= enabled_capabilities ||
        (const struct beginning *)capability(it->number) != it)
        return false;
    const pthread_t *task = __atomic_load_n(&it->running_task, __ATOMIC_RELAXED);
    return task && pthread_equal(__atomic_load_n(task, __ATOMIC_RELAXED), pthread_self());
}

bool ghcomp_private_post(Capability *cap, bool is_marker, char *text)
{
    if (tested() == OFF || !traceUserMsg || !traceUserMarker)
        return false;
    (is_marker ? traceUserMarker : traceUserMsg)(cap, text);
    return true;
}

const uint32_t *ghcomp_ghc_collections(int after)
{
    (void)after;
    _Static_assert(sizeof oldest_gen->collections == sizeof(uint32_t), "");
    return &oldest_gen->collections;
}

#endif
