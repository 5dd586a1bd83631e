/* If nobody asks for places, threads are not bound. */
#include "places.h"

int main(void)
{
    unsigned long long all = mask();
    for (int round = 0; round < 20; round++) {
#pragma omp parallel proc_bind(spread)
        {
            CHECK(omp_get_proc_bind() == omp_proc_bind_false, "bound");
            CHECK(omp_get_place_num() == -1, "place %d", omp_get_place_num());
            CHECK(omp_get_partition_num_places() == 0, "places");
            CHECK(mask() == all, "%llx", mask());
        }
    }
    CHECK(omp_get_num_places() == 0, "%d places", omp_get_num_places());
    CHECK(omp_get_place_num_procs(0) == 0 && omp_get_place_num_procs(-1) == 0, "processors");
    omp_get_place_proc_ids(0, NULL);
    omp_get_partition_place_nums(NULL);
    return 0;
}
