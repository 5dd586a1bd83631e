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
    if (!ghcomp_ghc_asks())
        return;
    ghcomp_private_thread_is_known();
    rts_setInCallCapability(num == UINT32_MAX ? -1 : (int)num, 0);
    ghcomp_ghc_has_asked();
}

/*
 * One in-call: the Haskell function of a stable pointer is applied to an argument in a
 * new thread, and the IO action that results runs.  A "wrapper" stub would not do: at the
 * program's exit (Interrupted) it prints a message and calls pthread_exit.  Here
 * Note [The RTS ends] (ghc_end.c) holds, and the answer is whether the function has ended.
 *
 * The function throws nothing.  Its thread starts masked (TSO_BLOCKEX, not
 * interruptible) and so ends masked: an exception that is thrown to it after the
 * user's part is never raised.
 *
 * The thread's stack is made as createIOThread makes it, except that its frame also
 * applies the function to the argument.  rts_apply would build a thunk, which the thread
 * would then enter and update.
 */
bool ghcomp_ghc_in_call(Capability *cap, StgStablePtr function, HaskellObj argument)
{
    HaskellObj result;
    StgTSO *tso = createThread(cap, RtsFlags.GcFlags.initialStkSize);
    StgPtr sp = tso->stackobj->sp - 4;
    sp[3] = (StgWord)argument;
    sp[2] = (StgWord)&stg_ap_pv_info;
    sp[1] = (StgWord)deRefStablePtr(function);
    sp[0] = (StgWord)&stg_enter_info;
    tso->stackobj->sp = sp;
    tso->flags |= TSO_BLOCKEX;
    scheduleWaitThread(tso, &result, &cap);
    SchedulerStatus status = rts_getSchedStatus(cap);
    /* Before the end of the RTS can go on. */
    if (status == Interrupted)
        ghcomp_ghc_interrupted();
    rts_unlock(cap);
    if (status == Interrupted) {
        ghcomp_ghc_ended();
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
    return ghcomp_ghc_enter();
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
    if (cap && ghcomp_ghc_in_call(cap, serve_function, rts_mkPtr(cap, frame)))
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
    if (!cap || !ghcomp_ghc_in_call(cap, call_function, rts_mkPtr(cap, frame)))
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
    Capability *cap = ghcomp_ghc_enter();
    (void)size;
    if (cap)
        ghcomp_ghc_in_call(cap, (StgStablePtr)function, rts_mkInt(cap, (HsInt)num));
}
