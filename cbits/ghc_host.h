/* GHC's table of answers, for the files of cbits. */
#include "ghcomp.h"

/* ghc_trace.c */
int32_t ghcomp_ghc_trace(void) __attribute__((visibility("hidden")));

extern const ghcomp_host ghcomp_ghc_host __attribute__((visibility("hidden")));
