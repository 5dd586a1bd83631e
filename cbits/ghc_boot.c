/*
 * C programs that bring GHC along: the first region starts GHC's runtime system.
 * ghcomp_ghc.h describes it for users.
 */
#include "Rts.h"
#include "ghc_host.h"
#include "ghcomp_ghc.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

extern int omp_get_max_threads(void);

/* Does not wait: other threads may be in Haskell, perhaps for ever. */
static void leave(void)
{
    ghcomp_ghc_process_ends();
    hs_exit_nowait();
}

static void start(void)
{
    /* The count is 0 until hs_init has been called. */
    if (enabled_capabilities > 0)
        return;
    if (!rtsSupportsBoundThreads()) {
        fputs("ghcomp: GHC's runtime system is not threaded; link the foreign library with "
              "-threaded\n",
              stderr);
        exit(EXIT_FAILURE);
    }
    char options[64];
    snprintf(options, sizeof options, "-N%d --install-signal-handlers=no", omp_get_max_threads());
    RtsConfig config = defaultRtsConfig;
    config.rts_opts = options;
    char name[] = "ghcomp", *arguments[] = {name, NULL}, **argv = arguments;
    int argc = 1;
    hs_init_ghc(&argc, &argv, config);
    atexit(leave);
}

/* The initial thread is thread 0 of its regions. */
static void boot(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start);
    if (ghcomp_ghc_asks()) {
        rts_setInCallCapability(0, 0);
        ghcomp_ghc_has_asked();
    }
}

void ghcomp_ghc_boots(void)
{
    static ghcomp_host host;
    host = ghcomp_ghc_host;
    host.boot = boot;
    ghcomp_register_host(&host);
}
