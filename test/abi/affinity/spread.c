/*
 * Spread over seven places, and teams inside that stay in their part.
 * env: OMP_PLACES={0}:7:0 OMP_PROC_BIND=spread,close OMP_MAX_ACTIVE_LEVELS=2
 */
#include "places.h"

/* The part of seven places that thread num of size gets. */
static void part(int num, int size, int *first, int *len)
{
    if (size > 7) {
        int each = size / 7, left = size % 7;
        *first = num < size - left ? num / each : num - (size - left);
        *len = 1;
    } else {
        int shorter = 7 / size, longer = 7 % size;
        *first = num * shorter + (num < longer ? num : longer);
        *len = shorter + (num < longer);
    }
}

int main(void)
{
    CHECK(omp_get_num_places() == 7, "%d places", omp_get_num_places());
    CHECK(omp_get_proc_bind() == omp_proc_bind_spread, "%d", omp_get_proc_bind());
#pragma omp parallel
    {
        int first, len, outer = omp_get_thread_num();
        part(outer, omp_get_num_threads(), &first, &len);
        CHECK(omp_get_place_num() == first, "thread %d: place %d", outer, omp_get_place_num());
        check_bound();
        check_partition(first, len);
        CHECK(omp_get_proc_bind() == omp_proc_bind_close, "%d", omp_get_proc_bind());
#pragma omp parallel num_threads(2)
        {
            int inner = omp_get_thread_num();
            check_partition(first, len);
            CHECK(omp_get_place_num() == first + (len > 1 ? inner : 0), "thread %d.%d: place %d",
                  outer, inner, omp_get_place_num());
            check_bound();
        }
        check_partition(first, len);
        CHECK(omp_get_place_num() == first, "thread %d came back to %d", outer,
              omp_get_place_num());
    }
    check_partition(0, 7);
    /* A team of one thread stays at its place. */
#pragma omp parallel num_threads(1)
    check_partition(0, 7);
    return 0;
}
