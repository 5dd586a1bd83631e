/* The routines that say how deep and how large: values, also bad ones.
 * not by Clang: asks for the number of threads once
 */
#include "../check.h"

static void levels(int set, int expected)
{
    omp_set_max_active_levels(set);
    CHECK(omp_get_max_active_levels() == expected, "%d gave %d", set,
          omp_get_max_active_levels());
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* omp_set_nested(on) at a number of levels. */
static void nested(int on, int before, int after)
{
    omp_set_max_active_levels(before);
    omp_set_nested(on);
    CHECK(omp_get_max_active_levels() == after, "%d at %d gave %d", on, before,
          omp_get_max_active_levels());
    CHECK(omp_get_nested() == (after > 1), "%d", omp_get_nested());
}

static void ancestors(int depth, const int *sizes)
{
    for (int level = -3; level <= depth + 3; level++) {
        int there = level >= 0 && level <= depth;
        int size = there ? (level == 0 ? 1 : sizes[level - 1]) : -1;
        CHECK(omp_get_team_size(level) == size, "level %d of %d: %d", level, depth,
              omp_get_team_size(level));
        int num = omp_get_ancestor_thread_num(level);
        CHECK(there ? num >= 0 && num < size : num == -1, "level %d of %d: %d", level, depth,
              num);
    }
    CHECK(omp_get_ancestor_thread_num(depth) == omp_get_thread_num(), "%d", depth);
    CHECK(omp_get_team_size(INT_MAX) == -1 && omp_get_team_size(INT_MIN) == -1, "%d", depth);
}

/* Teams of 2 until the active levels are used up. */
static void descend(int depth, int active, const int *outer)
{
    int sizes[8];
    memcpy(sizes, outer, sizeof sizes);
    ancestors(depth, sizes);
    if (depth == 4)
        return;
    sizes[depth] = depth < active ? 2 : 1;
#pragma omp parallel num_threads(2)
    {
        CHECK(omp_get_level() == depth + 1, "%d", omp_get_level());
        CHECK(omp_get_active_level() == (depth < active ? depth + 1 : active), "%d of %d",
              omp_get_active_level(), active);
        CHECK(omp_in_parallel() == (active > 0), "%d", omp_in_parallel());
        descend(depth + 1, active, sizes);
    }
}

static void schedule(omp_sched_t kind, int chunk, omp_sched_t then, int expected)
{
    omp_sched_t now;
    int size;
    omp_set_schedule(kind, chunk);
    omp_get_schedule(&now, &size);
    CHECK(now == then && size == expected, "%x,%d gave %x,%d", kind, chunk, now, size);
}

int main(void)
{
    int sizes[8] = {0}, most = omp_get_supported_active_levels();

    CHECK(most >= 4, "%d", most);
    CHECK(omp_get_max_active_levels() == 1 && !omp_get_nested(), "%d",
          omp_get_max_active_levels());
    levels(3, 3);
    levels(0, 0);
    levels(-1, 0);
    levels(INT_MIN, 0);
    levels(INT_MAX, most);
    nested(1, 0, most);
    nested(1, 1, most);
    nested(1, 5, most);
    nested(0, 5, 1);
    nested(0, 1, 1);
    nested(0, 0, 0);
    nested(-7, 1, most);
    for (int active = 0; active <= 4; active++) {
        omp_set_max_active_levels(active);
        descend(0, active, sizes);
    }
    /* A region has its own setting. */
    omp_set_max_active_levels(2);
#pragma omp parallel num_threads(2)
    {
        omp_set_max_active_levels(1);
        omp_set_num_threads(3);
#pragma omp parallel
        CHECK(omp_get_num_threads() == 1, "%d", omp_get_num_threads());
    }
    CHECK(omp_get_max_active_levels() == 2, "%d", omp_get_max_active_levels());
#pragma omp parallel num_threads(2)
    {
        omp_set_num_threads(3);
        CHECK(omp_get_max_threads() == 3, "%d", omp_get_max_threads());
#pragma omp parallel
        CHECK(omp_get_num_threads() == 3, "%d", omp_get_num_threads());
    }
    schedule(omp_sched_dynamic, 0, omp_sched_dynamic, 1);
    schedule(omp_sched_guided, -7, omp_sched_guided, 1);
    schedule(omp_sched_static, -7, omp_sched_static, 0);
    schedule(omp_sched_static, 5, omp_sched_static, 5);
    schedule(omp_sched_auto, 9, omp_sched_auto, 5);
    schedule((omp_sched_t)9, 9, omp_sched_auto, 5);
    schedule((omp_sched_t)0, 9, omp_sched_auto, 5);
    schedule(omp_sched_monotonic | omp_sched_dynamic, 4, omp_sched_monotonic | omp_sched_dynamic,
             4);
    omp_set_dynamic(-3);
    CHECK(omp_get_dynamic() == 1, "%d", omp_get_dynamic());
    omp_set_dynamic(0);
    CHECK(omp_get_dynamic() == 0, "%d", omp_get_dynamic());
    omp_set_num_threads(0);
    CHECK(omp_get_max_threads() == 1, "%d", omp_get_max_threads());
    omp_set_num_threads(-5);
    CHECK(omp_get_max_threads() == 1, "%d", omp_get_max_threads());
    return 0;
}
