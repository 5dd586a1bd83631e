/* What the programs of this folder share. */
#define _GNU_SOURCE
#include "../check.h"
#include <sched.h>

/* The processors that the calling thread may use, as a mask. */
static inline unsigned long long mask(void)
{
    cpu_set_t set;
    unsigned long long bits = 0;
    CHECK(sched_getaffinity(0, sizeof set, &set) == 0, "sched_getaffinity");
    for (int cpu = 0; cpu < 64; cpu++)
        if (CPU_ISSET(cpu, &set))
            bits |= 1ull << cpu;
    return bits;
}

/* The processors of a place, as a mask. */
static inline unsigned long long place_mask(int place)
{
    int ids[64], n = omp_get_place_num_procs(place);
    unsigned long long bits = 0;
    CHECK(n > 0 && n <= 64, "place %d has %d processors", place, n);
    omp_get_place_proc_ids(place, ids);
    for (int i = 0; i < n; i++)
        bits |= 1ull << ids[i];
    return bits;
}

/* The thread is where it says that it is. */
static inline void check_bound(void)
{
    int place = omp_get_place_num();
    CHECK(place >= 0 && place < omp_get_num_places(), "place %d", place);
    CHECK(mask() == place_mask(place), "place %d: %llx, not %llx", place, mask(),
          place_mask(place));
}

/* The place partition is len places from first on. */
static inline void check_partition(int first, int len)
{
    int nums[64];
    CHECK(omp_get_partition_num_places() == len, "%d places, not %d",
          omp_get_partition_num_places(), len);
    omp_get_partition_place_nums(nums);
    for (int i = 0; i < len; i++)
        CHECK(nums[i] == first + i, "place %d of the partition is %d", i, nums[i]);
}
