/*
 * Which capabilities run Haskell now: the runtime's threads leave them alone.
 *
 * The RTS has no public function for that.  A capability is in use while an OS
 * thread holds it: then its field running_task is not null.  A safe foreign call
 * gives it back, and a thread that runs Haskell, or collects garbage, has it.
 * (The public word next to that, the register table's rCurrentTSO, is null during
 * collections too.)  Between two OS threads nobody holds it for some microseconds,
 * tens of them if the next one sleeps: with threads in its run queue it is in use
 * all the same.  The fields are private, but have had these places from GHC 8.2 on;
 * a capability that does not have its number where it should be counts as idle.
 *
 * Where the capabilities are is private.  Programs that are linked with the RTS
 * statically, which is what GHC does unless asked, can name the array; in others,
 * and in GHCi, the reference is null: then nothing is known, and every
 * capability counts as idle.  (The names must not be declared hidden: then the
 * linker gives a reference that is never null in a shared library.)
 *
 * Note [Reading the RTS without its locks]
 *
 * - The words are aligned, only compared with 0, and may be old as soon as they
 *   are read: an answer is a hint.
 * - A Capability stays where it is until the RTS ends.  setNumCapabilities may
 *   move the array of pointers: it sets the new array and then frees the old
 *   one.  A pointer was read from a live array if the array is still the same
 *   afterwards.  (GHC 9.10 makes room for max_n_capabilities at first and never
 *   moves it; between the two the array has MAX_N_CAPABILITIES and is no pointer.)
 * - hs_exit first says in sched_state that it has begun, ends all Haskell
 *   threads, and frees the capabilities at last, which it leaves undone while
 *   OS threads are in safe foreign calls.  From the first word on nothing is
 *   read here.
 */
#include "Rts.h"
#include "ghc_host.h"
#include <pthread.h>

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

/* Which of the two it is where MAX_N_CAPABILITIES is defined, no macro tells. */
#ifdef MAX_N_CAPABILITIES
extern uint32_t max_n_capabilities __attribute__((weak));
#define IS_POINTER (&max_n_capabilities != NULL)
#else
#define IS_POINTER true
#endif

/* 0 while the RTS runs normally. */
extern StgWord sched_state __attribute__((weak));

static __thread bool has_task;

void ghcomp_ghc_has_task(void)
{
    has_task = true;
}

bool ghcomp_ghc_ends(void)
{
    return &sched_state && __atomic_load_n(&sched_state, __ATOMIC_ACQUIRE);
}

static bool known(void)
{
    return &capabilities && &sched_state && rtsSupportsBoundThreads() &&
           !__atomic_load_n(&sched_state, __ATOMIC_ACQUIRE);
}

/* The capability of this number, or null if it cannot be told now. */
static const Capability *capability(uint32_t number)
{
    if (!IS_POINTER)
        return __atomic_load_n((Capability **)&capabilities + number, __ATOMIC_ACQUIRE);
    Capability **array = __atomic_load_n(&capabilities, __ATOMIC_ACQUIRE);
    const Capability *found = __atomic_load_n(&array[number], __ATOMIC_ACQUIRE);
    return array == __atomic_load_n(&capabilities, __ATOMIC_RELAXED) ? found : NULL;
}

static bool in_use(const Capability *cap, uint32_t number)
{
    const struct beginning *it = (const struct beginning *)cap;
    return it && it->number == number &&
           (__atomic_load_n(&it->running_task, __ATOMIC_RELAXED) ||
            __atomic_load_n(&it->n_run_queue, __ATOMIC_RELAXED));
}

/* Of all capabilities but one (or null) those in use. */
static uint32_t used(uint32_t count, const Capability *but)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        const Capability *cap = capability(i);
        sum += cap != but && in_use(cap, i);
    }
    return sum;
}

uint32_t ghcomp_ghc_busy(void)
{
    return known() ? used(enabled_capabilities, NULL) : 0;
}

/*
 * The calling thread's own capability counts as idle: a safe call has released
 * it, and in an unsafe call or in a bound Haskell thread it is the caller that
 * keeps it busy.  If other Haskell threads have taken it since, they left other
 * capabilities busy too.
 *
 * To tell which one that is, the RTS must know the OS thread: unless it came out
 * of Haskell, saying once that its in-calls may go to any capability (the
 * default) makes it so.
 */
static const Capability *own(void)
{
    if (!has_task) {
        rts_setInCallCapability(-1, 0);
        has_task = true;
    }
    return rts_unsafeGetMyCapability();
}

/*
 * GHC's own threads (the I/O manager's) run for a moment when a program starts.
 * They are no reason for its first regions to be smaller: nothing counts as busy
 * for so long after the library was loaded, in nanoseconds.
 */
enum { START = 100000000 };

static uint64_t loaded; /* when the library was loaded; 0 once START has passed */

__attribute__((constructor)) static void note_start(void)
{
    loaded = getMonotonicNSec();
}

static bool starts(void)
{
    uint64_t since = __atomic_load_n(&loaded, __ATOMIC_RELAXED);
    if (since == 0)
        return false;
    if (getMonotonicNSec() - since < START)
        return true;
    __atomic_store_n(&loaded, 0, __ATOMIC_RELAXED);
    return false;
}

uint32_t ghcomp_ghc_idle(void)
{
    if (!known())
        return UINT32_MAX;
    uint32_t count = enabled_capabilities;
    if (starts() || used(count, NULL) == 0)
        return UINT32_MAX;
    uint32_t others = used(count, own());
    if (others == 0)
        return UINT32_MAX;
    return others < count ? count - others : 1;
}

/*
 * Whether the calling thread holds a capability.  In C it does so in an unsafe
 * call only, and then an in-call would wait for it for ever, or take a second one.
 *
 * The capability that it had last is its own still if the task that runs there is
 * the thread's.  A task begins with the id of its OS thread.  Another thread's may
 * be freed while this is read, and then it has no running thread's id either.
 */
bool ghcomp_ghc_holds(void)
{
    if (!known())
        return false;
    const struct beginning *it = (const struct beginning *)own();
    if (!it || it->number >= enabled_capabilities ||
        (const struct beginning *)capability(it->number) != it)
        return false;
    const pthread_t *task = __atomic_load_n(&it->running_task, __ATOMIC_RELAXED);
    return task && pthread_equal(__atomic_load_n(task, __ATOMIC_RELAXED), pthread_self());
}
