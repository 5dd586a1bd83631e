/*
 * Which processors GHC leaves to the runtime: the answers to `busy` and `idle`.
 * Note [Capabilities in use] in ghc_private.c says what is counted.
 */
#include "Rts.h"
#include "ghc_host.h"
#include "ghc_private.h"

uint32_t ghcomp_ghc_busy(void)
{
    return ghcomp_private_in_use();
}

/*
 * GHC's own threads (the I/O manager's) run for a moment when a program starts.  They
 * are no reason to make its first regions smaller.  So nothing counts as busy for
 * START nanoseconds after the library was loaded.
 */
enum { START = 100000000 };

static uint64_t loaded; /* when the library was loaded; 0 once START has passed */

__attribute__((constructor)) static void note_start(void)
{
    loaded = getMonotonicNSec();
}

static bool starts(void)
{
    uint64_t since = __atomic_load_n(&loaded, __ATOMIC_RELAXED);
    if (since == 0)
        return false;
    if (getMonotonicNSec() - since < START)
        return true;
    __atomic_store_n(&loaded, 0, __ATOMIC_RELAXED);
    return false;
}

uint32_t ghcomp_ghc_idle(void)
{
    if (starts() || ghcomp_private_in_use() == 0)
        return UINT32_MAX;
    uint32_t count = enabled_capabilities, others = ghcomp_private_in_use_by_others();
    if (others == 0)
        return UINT32_MAX;
    return others < count ? count - others : 1;
}
