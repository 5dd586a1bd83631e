/*
 * The OpenMP runtime's trace in GHC's eventlog.
 *
 * Note [Who may write to the eventlog]
 *
 * The eventlog has one buffer for each capability, and no lock for it.  Only the
 * thread that owns the capability writes there, and each entry gets the time at which
 * it is written.  An OpenMP thread that is in C owns no capability.  If it took one
 * for each event, it would wait for Haskell.  So it keeps its events, with their
 * times, in a buffer of its own (rust/src/trace).  A Haskell thread, the taker, posts
 * them a hundred times a second by the ordinary primitives (traceEvent#,
 * traceMarker#), which work with every RTS and every EventLogWriter.  See
 * hs/Control/Parallel/OpenMP/Trace.hs.
 *
 * At the program's end Haskell threads are stopped without notice.  A finalizer
 * writes what is left then.  The RTS runs finalizers while the eventlog is still open
 * and after the last Haskell thread has stopped, so nobody else uses the buffers.  A
 * finalizer can call no primitive, so it asks ghc_private.c to do what the primitives
 * do.
 */
#include "Rts.h"
#include "ghc_host.h"
#include "ghc_private.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <time.h>

/* Starts the taker: exported by Control.Parallel.OpenMP.Trace. */
extern void ghcomp_trace_taker(void);

/* Whether user events go into an eventlog now. */
HsBool ghcomp_ghc_logs(void)
{
    return eventLogStatus() == EVENTLOG_RUNNING && RtsFlags.TraceFlags.user;
}

/* The process, as its fork generation + 1, where the taker was last started, and where
 * it was last seen ready. */
static _Atomic uint32_t started_in, ready_in;

/* The thread in start_taker, and the function that prints messages for the others. */
static pthread_t starter;
static RtsMsgFunction *print_message;

static void message_of_others(const char *format, va_list arguments)
{
    if (!pthread_equal(pthread_self(), starter))
        print_message(format, arguments);
}

/*
 * The in-call of an exported function prints "interrupted" if the program ends
 * meanwhile, and ends its OS thread.  Nobody waits for this one (Note [The RTS ends]
 * in ghc_host.c), so its message is left out: the RTS lets programs replace the
 * function that prints.
 */
static void *start_taker(void *unused)
{
    (void)unused;
    if (ghcomp_private_rts_ends())
        return NULL;
    starter = pthread_self();
    print_message = errorMsgFn;
    errorMsgFn = message_of_others;
    ghcomp_trace_taker();
    if (errorMsgFn == message_of_others)
        errorMsgFn = print_message;
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
 * See rust/src/host.  A new OS thread calls Haskell, because the calling one may own
 * a capability.  The caller waits a little for the taker (at most 50 ms), so that a
 * program that ends soon leaves a trace too.
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

/* Sets it: the caller owns one, because this is an unsafe call. */
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
    while ((kind = ghcomp_hs_trace_next(text, sizeof text)) != 0)
        if (!ghcomp_private_post(any_capability, kind != 1, text))
            return;
}
