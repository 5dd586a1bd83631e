/* ours only
 * env: KMP_AFFINITY=nearby KMP_HW_SUBSET=99s KMP_BLOCKTIME=soon KMP_LIBRARY=lending KMP_STACKSIZE=huge KMP_NESTING_MODE=1 KMP_VERSION=1 OMP_DISPLAY_ENV=true
 * sizes: 2
 * prints: Invalid value for environment variable KMP_AFFINITY: "nearby"
 * prints: Invalid value for environment variable KMP_HW_SUBSET: "99s"
 * prints: Invalid value for environment variable KMP_BLOCKTIME: "soon"
 * prints: Invalid value for environment variable KMP_LIBRARY: "lending"
 * prints: Invalid value for environment variable KMP_STACKSIZE: "huge"
 * prints: KMP_NESTING_MODE is not used by this runtime
 * prints: ghcomp: ghcomp 0
 *
 * Bad values are told of, and ignored.
 */
#include "../check.h"

int main(void)
{
    CHECK(omp_get_num_places() == 0, "%d", omp_get_num_places());
    #pragma omp parallel
    {
        CHECK(omp_get_num_threads() == 2, "%d", omp_get_num_threads());
    }
    return 0;
}
