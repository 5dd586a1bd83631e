/* omp_display_env, and forms of variables for devices, as from GCC 13 on: ours only
 * env: OMP_NUM_TEAMS=2 OMP_NUM_TEAMS_ALL=3 OMP_NUM_TEAMS_DEV=4 OMP_NUM_TEAMS_DEV_7=5 OMP_DYNAMIC_ALL=true
 * sizes: 2
 * prints: [host] OMP_NUM_TEAMS = '2'
 * prints: [all] OMP_NUM_TEAMS = '3'
 * prints: [device] OMP_NUM_TEAMS = '4'
 * prints: [7] OMP_NUM_TEAMS = '5'
 * prints: [all] OMP_DYNAMIC = 'TRUE'
 * prints: [host] OMP_NUM_THREADS = '2'
 */
#include "../check.h"

int main(void)
{
    CHECK(omp_get_dynamic() == 1, "OMP_DYNAMIC_ALL");
    omp_display_env(0);
    return 0;
}
