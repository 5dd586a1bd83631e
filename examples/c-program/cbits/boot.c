#include <ghcomp_ghc.h>

/* The program's first region starts GHC. */
__attribute__((constructor)) static void choose(void)
{
    ghcomp_ghc_boots();
}
