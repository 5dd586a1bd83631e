/*
 * The OpenMP runtime's trace in GHC's eventlog.
 *
 * Note [Who may write to the eventlog]
 *
 * The eventlog has one buffer for each capability and no lock for it: only the
 * thread that owns the capability writes there, at once with the time at which
 * it writes.  An OpenMP thread that is in C owns none, and taking one for each
 * event would make it wait for Haskell.  So it keeps its events, with their
 * times, in a buffer of its own (rust/src/trace); and a Haskell thread, the
 * taker, posts them a hundred times a second by the ordinary primitives
 * (traceEvent#, traceMarker#), which work with every RTS and every
 * EventLogWriter.  See hs/Control/Parallel/OpenMP/Trace.hs.
 *
 * At the program's end Haskell threads are stopped without a word.  What is
 * left then is written by a finalizer: the RTS runs those while the eventlog is
 * still open, and after the last Haskell thread has stopped, so that the buffers
 * are nobody's.  No primitive can be called there, so it calls what the
 * primitives do; the name is the RTS's own, and found where the RTS is linked
 * statically.
 */
#include "Rts.h"
#include "ghc_host.h"
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* The taker gets started: exported by Control.Parallel.OpenMP.Trace. */
extern void ghcomp_trace_taker(void);

/* rts/Trace.c; with a NULL where this RTS has no eventlog or hides them. */
extern void traceUserMsg(Capability *cap, char *text) __attribute__((weak));
extern void traceUserMarker(Capability *cap, char *text) __attribute__((weak));

/* Whether user events go into an eventlog now. */
HsBool ghcomp_ghc_logs(void)
{
    return eventLogStatus() == EVENTLOG_RUNNING && RtsFlags.TraceFlags.user;
}

/* The process, as its fork generation + 1, in which the taker was started, is there. */
static _Atomic uint32_t started_in, ready_in;

static void *start_taker(void *unused)
{
    (void)unused;
    ghcomp_trace_taker();
    return NULL;
}

/* The taker is there. */
void ghcomp_ghc_taker_is_ready(void)
{
    ready_in = ghcomp_hs_fork_generation() + 1;
}

/* Two answers of the host to `trace`; any other is a sentence that says why not. */
#define TAKES_EVENTS NULL
#define NOT_YET ""

/*
 * See rust/src/host.  An OS thread of its own calls Haskell, because the one
 * that is here may own a capability.  It is waited for a little (at most 50 ms),
 * so that a program that ends soon leaves a trace too.
 */
const char *ghcomp_ghc_trace(void)
{
    if (enabled_capabilities == 0)
        return NOT_YET;
    if (!ghcomp_ghc_logs())
        return "nothing is traced, because the program writes no user events into an eventlog "
               "(run it with +RTS -l; before GHC 9.4 link it with -eventlog)";
    if (!rtsSupportsBoundThreads())
        return "nothing is traced, because the program's runtime system is not threaded (link "
               "with -threaded)";
    uint32_t here = ghcomp_hs_fork_generation() + 1;
    pthread_t thread;
    if (atomic_exchange(&started_in, here) != here) {
        if (pthread_create(&thread, NULL, start_taker, NULL) != 0)
            return "nothing is traced, because no OS thread could be started for it";
        pthread_detach(thread);
    }
    for (int naps = 0; naps < 250 && ready_in != here; naps++)
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    return TAKES_EVENTS;
}

/* A capability whose buffer takes the last events. */
static Capability *any_capability;

/* Tells which: an unsafe call, so the caller owns one. */
void ghcomp_ghc_trace_here(void)
{
    any_capability = rts_unsafeGetMyCapability();
}

/* The finalizer.  Before the program's end it does nothing. */
void ghcomp_ghc_trace_rest(void *unused)
{
    (void)unused;
    char text[128];
    int kind;
    if (!traceUserMsg || !traceUserMarker)
        return;
    while ((kind = ghcomp_hs_trace_next(text, sizeof text)) != 0)
        (kind == 1 ? traceUserMsg : traceUserMarker)(any_capability, text);
}
