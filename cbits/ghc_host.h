/* GHC's table of answers, for the files of cbits. */
#include "ghcomp.h"
#include <stdbool.h>

#define HIDDEN __attribute__((visibility("hidden")))

extern const ghcomp_host ghcomp_ghc_host HIDDEN;

/* ghc_busy.c: two of the answers; whether the calling thread holds a capability;
 * and what it is told: that the RTS knows the calling OS thread. */
uint32_t ghcomp_ghc_busy(void) HIDDEN;
uint32_t ghcomp_ghc_idle(void) HIDDEN;
bool ghcomp_ghc_holds(void) HIDDEN;
void ghcomp_ghc_has_task(void) HIDDEN;

/* ghc_busy.c: whether the RTS has begun to end, as far as that can be told. */
bool ghcomp_ghc_ends(void) HIDDEN;

/* ghc_host.c: the RTS is about to end because the process does. */
void ghcomp_ghc_process_ends(void) HIDDEN;

/* ghc_trace.c */
const char *ghcomp_ghc_trace(void) HIDDEN;
