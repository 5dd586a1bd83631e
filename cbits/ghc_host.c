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
 * Note [The RTS ends]
 *
 * The end interrupts in-calls: their Haskell threads are killed.  What their OS
 * threads do then, and those that begin one too late, depends on who ends it.
 *
 * - A Haskell main, or the exit of a program whose first region started GHC: the
 *   process ends next, and the threads wait for that.  What they would compute with
 *   answers that are none might still be seen.
 * - A C program, by hs_exit.  This waits for foreign calls to return, so kernels
 *   must come to their ends: closures answer 0, as after an exception, and bodies
 *   get no more chunks.  The program goes on without Haskell.
 *
 * Where the RTS does not let its state be seen (in shared libraries), the first
 * in-call that is interrupted tells.
 */
static bool interrupted, process_ends;

/* There if the program's main is Haskell. */
extern StgClosure ZCMain_main_closure __attribute__((weak));

void ghcomp_ghc_process_ends(void)
{
    __atomic_store_n(&process_ends, true, __ATOMIC_RELAXED);
}

static void ended(void)
{
    __atomic_store_n(&interrupted, true, __ATOMIC_RELAXED);
    while (&ZCMain_main_closure || __atomic_load_n(&process_ends, __ATOMIC_RELAXED))
        pause();
}

/*
 * A capability for an in-call; null if the RTS ends.  (Later rts_lock would say that
 * there is no RTS, and exit with status 1.)
 */
static Capability *enter(void)
{
    if (ghcomp_ghc_ends() || __atomic_load_n(&interrupted, __ATOMIC_RELAXED)) {
        ended();
        return NULL;
    }
    return rts_lock();
}

/*
 * One in-call: runs the IO action that is the application of a function, given
 * by a stable pointer, to an argument.  By hand and not by a "wrapper" stub,
 * because a stub answers program exit (Interrupted) with a message and
 * pthread_exit; here Note [The RTS ends] holds, and the answer is whether the
 * function has ended.  The function throws nothing: its thread starts masked
 * (TSO_BLOCKEX, not interruptible) and so ends masked, and an exception that is
 * thrown to it after the user's part is never raised.
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
        /* One thread says so and ends the process; others wait for that. */
        static bool told;
        while (__atomic_exchange_n(&told, true, __ATOMIC_RELAXED))
            pause();
        errorBelch("ghcomp: a closure was called by a C function that is imported as "
                   "'unsafe': write 'foreign import ccall safe' where it is imported");
        stg_exit(EXIT_FAILURE);
    }
    return enter();
}

/* Why the kernel left: it lies behind the frame (rust/src/callback/server.rs). */
static uint32_t status_of(const ghcomp_frame *frame)
{
    return *(const uint32_t *)(frame + 1);
}

/* The answer of a closure that Haskell does not answer any more. */
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
    /* The first call waits for its answer; so does a later one, unless the thread
     * was killed when the kernel had ended. */
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
    .version = 6,
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
    if (cap)
        in_call(cap, (StgStablePtr)function, rts_mkInt(cap, (HsInt)num));
}
