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

/* ghc_end.c: false if the RTS ends.  Else it waits in the middle of that until the
 * calling thread has told the RTS what it has to, and calls the second function. */
bool ghcomp_ghc_asks(void) HIDDEN;
void ghcomp_ghc_has_asked(void) HIDDEN;

/* ghc_end.c: a capability for an in-call; null if the RTS ends. */
Capability *ghcomp_ghc_enter(void) HIDDEN;

/* ghc_end.c: the end of the RTS has interrupted an in-call, whose thread still has its
 * capability. */
void ghcomp_ghc_interrupted(void) HIDDEN;

/* ghc_end.c: the same for a thread that has none, also if the in-call was refused.  Does
 * not return if the process ends next. */
void ghcomp_ghc_ended(void) HIDDEN;

/* ghc_end.c: the RTS is about to end because the process does. */
void ghcomp_ghc_process_ends(void) HIDDEN;

/* ghc_trace.c: one of the answers. */
const char *ghcomp_ghc_trace(void) HIDDEN;
