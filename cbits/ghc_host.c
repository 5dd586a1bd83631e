/*
 * GHC as the host of the OpenMP runtime: the answers of its runtime system to
 * the questions of rust/src/host.  The only C that includes Rts.h; what
 * differs between GHC 9.0 and 9.10 is here and nowhere else.
 *
 * Registered by a constructor when the library is loaded.  The Haskell modules
 * and cmm/omp_prims.cmm refer to functions here, so that no linker drops this
 * object.
 */
#include "Rts.h"
#include "ghcomp.h"
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

/*
 * Waiting threads share the processors with capabilities, so they sleep early:
 * about the time that a wake-up takes.
 */
static uint32_t spin_limit(void)
{
    return 1000;
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
    rts_setInCallCapability(num == UINT32_MAX ? -1 : (int)num, 0);
}

static const ghcomp_host ghc_host = {
    .version = 1,
    .default_team_size = default_team_size,
    .spin_limit = spin_limit,
    .haskell_bodies = haskell_bodies,
    .bind = bind,
};

__attribute__((constructor)) static void register_host(void)
{
    ghcomp_register_host(&ghc_host);
}

/* Capabilities in use now, for cmm/omp_prims.cmm. */
StgWord ghcomp_capability_count(void)
{
    return (StgWord)enabled_capabilities;
}

/*
 * A thread's part of a region with a Haskell body: one in-call, which applies
 * the function behind the stable pointer to the thread's number and runs the
 * result.  By hand and not by a "wrapper" stub, because a stub answers program
 * exit (Interrupted) with a message and pthread_exit; here the thread waits for
 * the process to end.  The function throws nothing: its thread starts masked
 * (TSO_BLOCKEX, not interruptible) and so ends masked, and an exception that is
 * thrown to it after the user's part is never raised.
 */
void ghcomp_ghc_body(void *function, uint32_t num, uint32_t size)
{
    Capability *cap = rts_lock();
    HaskellObj io =
        rts_apply(cap, (HaskellObj)deRefStablePtr(function), rts_mkInt(cap, (HsInt)num));
    HaskellObj result;
    (void)size;
    StgTSO *tso = createStrictIOThread(cap, RtsFlags.GcFlags.initialStkSize, io);
    tso->flags |= TSO_BLOCKEX;
    scheduleWaitThread(tso, &result, &cap);
    SchedulerStatus status = rts_getSchedStatus(cap);
    if (status == Interrupted) {
        rts_unlock(cap);
        for (;;)
            pause();
    }
    if (status != Success) {
        errorBelch("ghcomp: a region's Haskell body ended with status %d", (int)status);
        abort();
    }
    rts_unlock(cap);
}
