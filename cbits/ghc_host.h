/* GHC's table of answers, for the files of cbits. */
#include "Rts.h"
#include "ghcomp.h"
#include <stdbool.h>

#ifndef HIDDEN
#define HIDDEN __attribute__((visibility("hidden")))
#endif

extern const ghcomp_host ghcomp_ghc_host HIDDEN;

/* ghc_busy.c: two of the answers. */
uint32_t ghcomp_ghc_busy(void) HIDDEN;
uint32_t ghcomp_ghc_idle(void) HIDDEN;

/* ghc_host.c: runs a Haskell function in an in-call, and gives the capability back.
 * Answers whether the function has ended. */
bool ghcomp_ghc_in_call(Capability *cap, StgStablePtr function, HaskellObj argument) HIDDEN;

/* ghc_end.c: a capability for an in-call; null if the RTS ends. */
Capability *ghcomp_ghc_enter(void) HIDDEN;

/* ghc_end.c: the end of the RTS has interrupted or refused an in-call.  Does not return
 * if the process ends next. */
void ghcomp_ghc_ended(void) HIDDEN;

/* ghc_end.c: the RTS is about to end because the process does. */
void ghcomp_ghc_process_ends(void) HIDDEN;

/* ghc_trace.c: one of the answers. */
const char *ghcomp_ghc_trace(void) HIDDEN;
