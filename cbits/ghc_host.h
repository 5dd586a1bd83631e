/* GHC's table of answers, for the files of cbits. */
#include "ghcomp.h"

extern const ghcomp_host ghcomp_ghc_host __attribute__((visibility("hidden")));
