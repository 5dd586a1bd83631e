/*
 * GHC as the host of the OpenMP runtime: the answers of its runtime system to
 * the questions of rust/src/host.  What
 * differs between GHC 9.0 and 9.10 is here and nowhere else.
 *
 * Registered by a constructor when the library is loaded.  No linker drops this
 * object, because the package asks for one of its symbols (ld-options).
 */
#include "Rts.h"
#include "ghc_host.h"
#include <stdlib.h>
#include <unistd.h>

/*
 * Team size: the capabilities in use now; no opinion while there is no RTS, or
 * when it has only one capability ever (then C regions get the processors).
 */
static uint32_t default_team_size(void)
{
    return rtsSupportsBoundThreads() ? (uint32_t)enabled_capabilities : 0;
}

static int32_t haskell_bodies(void)
{
    return rtsSupportsBoundThreads() != 0;
}

/*
 * The calling OS thread's next in-calls go to capability num (modulo those in
 * use); UINT32_MAX: to any.  The OS thread is not tied to a processor.
 */
static void bind(uint32_t num, uint32_t team_size)
{
    (void)team_size;
    ghcomp_ghc_has_task();
    rts_setInCallCapability(num == UINT32_MAX ? -1 : (int)num, 0);
}

/*
 * A capability for an in-call.  When the RTS ends, the thread waits for the process
 * to end: later rts_lock would say that there is no RTS, and exit with status 1.
 */
static Capability *enter(void)
{
    while (ghcomp_ghc_ends())
        pause();
    return rts_lock();
}

/*
 * One in-call: runs the IO action that is the application of a function, given
 * by a stable pointer, to an argument.  By hand and not by a "wrapper" stub,
 * because a stub answers program exit (Interrupted) with a message and
 * pthread_exit; here the thread waits for the process to end.  The function
 * throws nothing: its thread starts masked (TSO_BLOCKEX, not interruptible) and
 * so ends masked, and an exception that is thrown to it after the user's part
 * is never raised.
 */
static void in_call(Capability *cap, StgStablePtr function, HaskellObj argument)
{
    HaskellObj result;
    HaskellObj io = rts_apply(cap, (HaskellObj)deRefStablePtr(function), argument);
    StgTSO *tso = createStrictIOThread(cap, RtsFlags.GcFlags.initialStkSize, io);
    tso->flags |= TSO_BLOCKEX;
    scheduleWaitThread(tso, &result, &cap);
    SchedulerStatus status = rts_getSchedStatus(cap);
    rts_unlock(cap);
    if (status == Interrupted)
        for (;;)
            pause();
    if (status != Success) {
        errorBelch("ghcomp: an in-call of the runtime ended with status %d", (int)status);
        abort();
    }
}

/* The Haskell functions that answer calls of kernels: Internal/Serve.hs. */
static StgStablePtr serve_function, call_function;

void ghcomp_ghc_answer_with(StgStablePtr serve, StgStablePtr call)
{
    serve_function = serve;
    call_function = call;
}

/*
 * rts_lock, for a closure that C calls.  A C function that was imported as unsafe
 * keeps its thread's capability, and must not come here: with one capability it
 * would wait for itself, and with more it would run Haskell on a second one and
 * return to the first.  What cannot be seen from here: it also keeps the
 * capability from the other threads of a region, while its own thread calls
 * nothing.
 */
static Capability *lock(void)
{
    if (ghcomp_ghc_holds()) {
        errorBelch("ghcomp: a closure was called by a C function that is imported as "
                   "'unsafe': write 'foreign import ccall safe' where it is imported");
        stg_exit(EXIT_FAILURE);
    }
    return enter();
}

static void serve(ghcomp_frame *frame)
{
    Capability *cap = lock();
    in_call(cap, serve_function, rts_mkPtr(cap, frame));
}

static void call(ghcomp_frame *frame)
{
    Capability *cap = lock();
    in_call(cap, call_function, rts_mkPtr(cap, frame));
}

const ghcomp_host ghcomp_ghc_host = {
    .version = 5,
    .default_team_size = default_team_size,
    .busy = ghcomp_ghc_busy,
    .idle = ghcomp_ghc_idle,
    .haskell_bodies = haskell_bodies,
    .bind = bind,
    .serve = serve,
    .call = call,
    .trace = ghcomp_ghc_trace,
};

/* Before the runtime's own constructor, which asks whether there is a host. */
__attribute__((constructor(101))) static void register_host(void)
{
    ghcomp_register_host(&ghcomp_ghc_host);
}

/* Where the number of major collections is counted, for Internal/Serve.hs. */
const uint32_t *ghcomp_ghc_collections(void)
{
    _Static_assert(sizeof oldest_gen->collections == sizeof(uint32_t), "");
    return &oldest_gen->collections;
}

/* Capabilities in use now, for cmm/omp_prims.cmm. */
StgWord ghcomp_capability_count(void)
{
    return (StgWord)enabled_capabilities;
}

/* A thread's part of a region with a Haskell body. */
void ghcomp_ghc_body(void *function, uint32_t num, uint32_t size)
{
    Capability *cap = enter();
    (void)size;
    in_call(cap, (StgStablePtr)function, rts_mkInt(cap, (HsInt)num));
}
