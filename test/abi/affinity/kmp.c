/* ours only
 * env: KMP_AFFINITY=granularity=fine,compact,0,1 KMP_WARNINGS=0
 *
 * KMP_AFFINITY becomes places: here those of hardware threads, from the second on.
 */
#define _GNU_SOURCE
#include "../check.h"
#include <sched.h>

int main(void)
{
    int places = omp_get_num_places();
    CHECK(places >= 1, "%d", places);
    CHECK(omp_get_proc_bind() == omp_proc_bind_close, "%d", omp_get_proc_bind());
    int seen[1024] = { 0 };
    for (int i = 0; i < places; i++) {
        int cpu;
        CHECK(omp_get_place_num_procs(i) == 1, "%d", omp_get_place_num_procs(i));
        omp_get_place_proc_ids(i, &cpu);
        CHECK(seen[cpu]++ == 0, "processor %d in two places", cpu);
    }
    #pragma omp parallel
    {
        cpu_set_t mine;
        int cpu, place = omp_get_place_num();
        CHECK(place >= 0, "not bound");
        if (omp_get_num_threads() <= places)
            CHECK(place == omp_get_thread_num(), "%d at %d", omp_get_thread_num(), place);
        omp_get_place_proc_ids(place, &cpu);
        CHECK(sched_getaffinity(0, sizeof mine, &mine) == 0, "a mask");
        CHECK(CPU_COUNT(&mine) == 1 && CPU_ISSET(cpu, &mine), "not at %d", cpu);
    }
    return 0;
}
