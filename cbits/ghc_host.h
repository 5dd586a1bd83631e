/* GHC's table of answers, for the files of cbits. */
#include "ghcomp.h"
#include <stdbool.h>

#ifndef HIDDEN
#define HIDDEN __attribute__((visibility("hidden")))
#endif

extern const ghcomp_host ghcomp_ghc_host HIDDEN;

/* ghc_busy.c: two of the answers. */
uint32_t ghcomp_ghc_busy(void) HIDDEN;
uint32_t ghcomp_ghc_idle(void) HIDDEN;

/* ghc_host.c: the RTS is about to end because the process does. */
void ghcomp_ghc_process_ends(void) HIDDEN;

/* ghc_trace.c: one of the answers. */
const char *ghcomp_ghc_trace(void) HIDDEN;
