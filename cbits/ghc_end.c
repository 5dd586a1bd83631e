/*
 * How the runtime's in-calls behave when GHC's runtime system (RTS) ends.
 */
#include "Rts.h"
#include "ghc_host.h"
#include "ghc_private.h"
#include <pthread.h>
#include <unistd.h>

/*
 * Note [The RTS ends]
 *
 * The end of the RTS interrupts in-calls: it kills their Haskell threads.  Some OS
 * threads also begin an in-call too late.  What these OS threads do then depends on
 * the reason for the end.
 *
 * - A Haskell main ends, or a program exits whose first region started GHC.  The
 *   process ends next, and the threads wait for that.  If they went on with answers
 *   that nobody gave, somebody might still see what they compute.
 * - A C program calls hs_exit.  This waits for foreign calls to return, so kernels
 *   must come to their ends: closures answer 0, as after an exception, and bodies
 *   get no more chunks.  The program goes on without Haskell.
 *
 * Note [No in-call meets a dead capability]
 *
 * hs_exit does three things, and public functions show none of them.  It says in a
 * hidden variable that it has begun.  Then it holds all capabilities and kills all
 * Haskell threads that are not in foreign calls.  At last it shuts down one capability
 * after the other, from number 0 on: it waits until the capability has no runnable
 * thread and none in a foreign call, and never gives it to anybody again.  An in-call
 * that asks for such a capability waits for ever.  If it belongs to a region whose
 * caller is in a foreign call, on a capability of a higher number, then the region does
 * not end, and hs_exit waits for it, also for ever.
 *
 * So in a program whose main is not Haskell two threads watch:
 *
 * - The watcher, an OS thread, is in an in-call whose Haskell thread waits for ever.
 *   hs_exit kills that one, at the same moment as all others, and the in-call returns.
 *   So the watcher knows: no Haskell thread will see what C computes from now on.  It
 *   sets `interrupted`, which refuses in-calls.
 * - The keeper, a Haskell thread, is in a foreign call on capability 0, so hs_exit shuts
 *   down no capability at all.  The call returns when in-calls are refused, and those
 *   that were not have their capabilities (`asking` is 0).
 *
 * An in-call counts itself in `asking` and then reads `interrupted`.  The keeper does
 * it in the other order.  All of it is sequentially consistent.  So an in-call is
 * refused, or the keeper waits until it has its capability.  In-calls that have one keep
 * it from being shut down until they return.
 *
 * The same holds for what an OS thread says about its later in-calls.  (The RTS makes a
 * record of a thread that it does not know, under a lock that is gone after the end; then
 * it aborts.)
 *
 * The first region starts the watcher, whose Haskell thread starts the keeper.  The
 * region waits until the keeper is in its call.  So whatever happens at that time, there
 * is no keeper without a watcher, and no Haskell caller of a region without a keeper
 * (hs/Control/Parallel/OpenMP/Internal/Interrupt.hs).
 *
 * Not covered are calls of foreign exports and of GHC's own "wrapper" pointers, which
 * GHC's stubs answer: those ask the RTS for a capability themselves.  hs_exit_nowait
 * does not wait for foreign calls, so it may shut down capabilities while the keeper is
 * in its call; but then nothing waits for in-calls either.
 */

/* Set and never reset, because GHC cannot start again. */
static bool interrupted, process_ends;

void ghcomp_ghc_process_ends(void)
{
    __atomic_store_n(&process_ends, true, __ATOMIC_RELAXED);
}

/* OS threads that ask the RTS for a capability, or for a record of theirs. */
static uint32_t asking;

/* The keeper waits for its condition to be signalled. */
static pthread_mutex_t keeper_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t keeper_condition = PTHREAD_COND_INITIALIZER;

static bool is_interrupted(void)
{
    return __atomic_load_n(&interrupted, __ATOMIC_SEQ_CST);
}

static void wake_keeper(void)
{
    pthread_mutex_lock(&keeper_lock);
    pthread_cond_signal(&keeper_condition);
    pthread_mutex_unlock(&keeper_lock);
}

void ghcomp_ghc_interrupted(void)
{
    __atomic_store_n(&interrupted, true, __ATOMIC_SEQ_CST);
    wake_keeper();
}

void ghcomp_ghc_ended(void)
{
    ghcomp_ghc_interrupted();
    while (ghcomp_private_main_is_haskell() || __atomic_load_n(&process_ends, __ATOMIC_RELAXED))
        pause();
}

/* If main is Haskell there is no keeper, so nobody reads the count.  All threads with
 * in-calls would write this one cache line. */
static bool counts(void)
{
    return !ghcomp_private_main_is_haskell();
}

bool ghcomp_ghc_asks(void)
{
    if (counts())
        __atomic_add_fetch(&asking, 1, __ATOMIC_SEQ_CST);
    if (!ghcomp_private_rts_ends() && !is_interrupted())
        return true;
    ghcomp_ghc_has_asked();
    return false;
}

void ghcomp_ghc_has_asked(void)
{
    if (counts() && __atomic_sub_fetch(&asking, 1, __ATOMIC_SEQ_CST) == 0 && is_interrupted())
        wake_keeper();
}

/* (After the end rts_lock would say that there is no RTS, and exit with status 1.) */
Capability *ghcomp_ghc_enter(void)
{
    if (!ghcomp_ghc_asks()) {
        ghcomp_ghc_ended();
        return NULL;
    }
    Capability *cap = rts_lock();
    ghcomp_ghc_has_asked();
    return cap;
}

/* Where the keeper is in its call, or needs not be: a fork generation + 1. */
static uint32_t kept_in;

HsWord8 ghcomp_ghc_is_kept(void)
{
    return __atomic_load_n(&kept_in, __ATOMIC_ACQUIRE) == ghcomp_hs_fork_generation() + 1;
}

static void is_kept(void)
{
    __atomic_store_n(&kept_in, ghcomp_hs_fork_generation() + 1, __ATOMIC_RELEASE);
}

/* The keeper's call, a safe one. */
void ghcomp_ghc_keep(void)
{
    is_kept();
    pthread_mutex_lock(&keeper_lock);
    while (!is_interrupted() || __atomic_load_n(&asking, __ATOMIC_SEQ_CST) != 0)
        pthread_cond_wait(&keeper_condition, &keeper_lock);
    pthread_mutex_unlock(&keeper_lock);
}

static void *watch(void *function)
{
    Capability *cap = ghcomp_ghc_enter();
    if (cap)
        ghcomp_ghc_in_call(cap, (StgStablePtr)function, rts_mkInt(cap, 0));
    return NULL;
}

/* Starts the watcher.  Its Haskell thread runs the function, of type Int -> IO (), which
 * starts the keeper and then waits for ever. */
void ghcomp_ghc_watch(StgStablePtr function)
{
    pthread_t thread;
    if (ghcomp_private_main_is_haskell() || !rtsSupportsBoundThreads() ||
        pthread_create(&thread, NULL, watch, function) != 0)
        is_kept();
    else
        pthread_detach(thread);
}

/* The forking thread asks for nothing. */
static void begin_in_child(void)
{
    __atomic_store_n(&asking, 0, __ATOMIC_SEQ_CST);
    keeper_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    keeper_condition = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
}

__attribute__((constructor)) static void handle_forks(void)
{
    pthread_atfork(NULL, NULL, begin_in_child);
}
