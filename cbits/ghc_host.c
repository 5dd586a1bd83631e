/*
 * GHC as the host of the OpenMP runtime: its runtime system (RTS) answers the
 * questions of rust/src/host.  This file uses only what GHC's installed headers
 * declare, and asks ghc_private.c for the rest.
 *
 * A constructor registers the answers when the library is loaded.  No linker drops
 * this object, because the package asks for one of its symbols (ld-options).
 */
#include "Rts.h"
#include "ghc_host.h"
#include "ghc_private.h"
#include <stdlib.h>
#include <unistd.h>

/*
 * Team size: the enabled capabilities.  No opinion while there is no RTS, or when it
 * can have only one capability: then C regions get the processors.
 */
static uint32_t default_team_size(void)
{
    return rtsSupportsBoundThreads() ? (uint32_t)enabled_capabilities : 0;
}

static const char *why_one_thread(void)
{
    return rtsSupportsBoundThreads()
        ? NULL
        : "this program's runtime system is not threaded (link with -threaded)";
}

/*
 * The calling OS thread's next in-calls go to capability num (modulo the enabled
 * ones), or to any if num is UINT32_MAX.  The OS thread is not tied to a processor.
 */
static void bind(uint32_t num, uint32_t team_size)
{
    (void)team_size;
    ghcomp_private_thread_is_known();
    rts_setInCallCapability(num == UINT32_MAX ? -1 : (int)num, 0);
}

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
 * Where the state of the RTS is unknown (ghc_private.c), the first in-call that is
 * interrupted tells.
 */
static bool interrupted, process_ends;

void ghcomp_ghc_process_ends(void)
{
    __atomic_store_n(&process_ends, true, __ATOMIC_RELAXED);
}

static void ended(void)
{
    __atomic_store_n(&interrupted, true, __ATOMIC_RELAXED);
    while (ghcomp_private_main_is_haskell() || __atomic_load_n(&process_ends, __ATOMIC_RELAXED))
        pause();
}

/*
 * A capability for an in-call; null if the RTS ends.  (After the end rts_lock would
 * say that there is no RTS, and exit with status 1.)
 */
static Capability *enter(void)
{
    if (ghcomp_private_rts_ends() || __atomic_load_n(&interrupted, __ATOMIC_RELAXED)) {
        ended();
        return NULL;
    }
    return rts_lock();
}

/*
 * One in-call: applies a function, given by a stable pointer, to an argument, and
 * runs the IO action that results.  A "wrapper" stub would not do: at the program's
 * exit (Interrupted) it prints a message and calls pthread_exit.  Here
 * Note [The RTS ends] holds, and the answer is whether the function has ended.
 *
 * The function throws nothing.  Its thread starts masked (TSO_BLOCKEX, not
 * interruptible) and so ends masked: an exception that is thrown to it after the
 * user's part is never raised.
 */
static bool in_call(Capability *cap, StgStablePtr function, HaskellObj argument)
{
    HaskellObj result;
    HaskellObj io = rts_apply(cap, (HaskellObj)deRefStablePtr(function), argument);
    StgTSO *tso = createStrictIOThread(cap, RtsFlags.GcFlags.initialStkSize, io);
    tso->flags |= TSO_BLOCKEX;
    scheduleWaitThread(tso, &result, &cap);
    SchedulerStatus status = rts_getSchedStatus(cap);
    rts_unlock(cap);
    if (status == Interrupted) {
        ended();
        return false;
    }
    if (status != Success) {
        errorBelch("ghcomp: an in-call of the runtime ended with status %d", (int)status);
        abort();
    }
    return true;
}

/* The Haskell functions that answer calls of kernels. */
static StgStablePtr serve_function, call_function;

/* Internal/Serve.hs gives them, in an unsafe call, before it makes the first closure. */
void ghcomp_ghc_answer_with(StgStablePtr serve, StgStablePtr call)
{
    ghcomp_private_test_here();
    serve_function = serve;
    call_function = call;
}

/*
 * rts_lock, for a closure that C calls.  A C function that was imported as unsafe
 * keeps its thread's capability, and must not come here.  With one capability it
 * would wait for itself.  With more it would run Haskell on a second one and return
 * to the first.  (It also keeps the capability from the other threads of its region
 * while its own thread calls no closure.  This function cannot see that.)
 */
static Capability *lock(void)
{
    if (ghcomp_private_holds_capability()) {
        /* One thread says so and ends the process; others wait for the end. */
        static bool told;
        while (__atomic_exchange_n(&told, true, __ATOMIC_RELAXED))
            pause();
        errorBelch("ghcomp: a closure was called by a C function that is imported as "
                   "'unsafe': write 'foreign import ccall safe' where it is imported");
        stg_exit(EXIT_FAILURE);
    }
    return enter();
}

/* Why the kernel left: it lies behind the frame (`Server` in
 * rust/src/team/servers.rs). */
static uint32_t status_of(const ghcomp_frame *frame)
{
    return *(const uint32_t *)(frame + 1);
}

/* The answer of a closure when Haskell answers no more. */
static void answer_none(ghcomp_frame *frame)
{
    frame->integer_result = 0;
    frame->double_result = 0;
    ghcomp_callback_cut();
}

static void serve(ghcomp_frame *frame)
{
    Capability *cap = lock();
    if (cap && in_call(cap, serve_function, rts_mkPtr(cap, frame)))
        return;
    /* The kernel's first call waits for an answer.  So does a later one, unless the
     * Haskell thread was killed after the kernel's end. */
    uint32_t end = 3;
    while (status_of(frame) != end) {
        answer_none(frame);
        ghcomp_callback_resume(frame, 0);
    }
}

static void call(ghcomp_frame *frame)
{
    Capability *cap = lock();
    if (!cap || !in_call(cap, call_function, rts_mkPtr(cap, frame)))
        answer_none(frame);
}

const ghcomp_host ghcomp_ghc_host = {
    .version = 7,
    .default_team_size = default_team_size,
    .busy = ghcomp_ghc_busy,
    .idle = ghcomp_ghc_idle,
    .why_one_thread = why_one_thread,
    .bind = bind,
    .serve = serve,
    .call = call,
    .trace = ghcomp_ghc_trace,
};

/* Runs before the runtime's own constructor, which asks whether there is a host. */
__attribute__((constructor(101))) static void register_host(void)
{
    ghcomp_register_host(&ghcomp_ghc_host);
}

/* The enabled capabilities, for cmm/omp_prims.cmm. */
StgWord ghcomp_capability_count(void)
{
    return (StgWord)enabled_capabilities;
}

/* A thread's part of a region with a Haskell body. */
void ghcomp_ghc_body(void *function, uint32_t num, uint32_t size)
{
    Capability *cap = enter();
    (void)size;
    if (cap)
        in_call(cap, (StgStablePtr)function, rts_mkInt(cap, (HsInt)num));
}
