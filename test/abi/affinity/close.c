/*
 * Five places of one processor, OMP_PROC_BIND=close: threads go to the places next to
 * the primary thread's, and go around again if there are more threads than places.
 * env: OMP_PLACES={0},{0},{0},{0},{0} OMP_PROC_BIND=close
 */
#include "places.h"

/* Thread num of size, on len places from the first on. */
static int expected(int num, int size, int len)
{
    int each = size > len ? size / len : 1, left = size > len ? size % len : 0;
    return num < size - left ? num / each : num - (size - left);
}

int main(void)
{
    CHECK(omp_get_num_places() == 5, "%d places", omp_get_num_places());
    CHECK(omp_get_proc_bind() == omp_proc_bind_close, "%d", omp_get_proc_bind());
    CHECK(mask() == 1, "the initial thread is bound before main: %llx", mask());
    check_bound();
    check_partition(0, 5);
#pragma omp parallel
    {
        int num = omp_get_thread_num(), size = omp_get_num_threads();
        check_bound();
        CHECK(omp_get_place_num() == expected(num, size, 5), "thread %d of %d: place %d", num,
              size, omp_get_place_num());
        check_partition(0, 5);
    }
#pragma omp parallel proc_bind(master)
    {
        CHECK(omp_get_place_num() == 0, "thread %d: place %d", omp_get_thread_num(),
              omp_get_place_num());
        CHECK(omp_get_proc_bind() == omp_proc_bind_master, "%d", omp_get_proc_bind());
        check_partition(0, 5);
    }
    CHECK(omp_get_place_num_procs(4) == 1 && omp_get_place_num_procs(5) == 0, "processors");
    return 0;
}
