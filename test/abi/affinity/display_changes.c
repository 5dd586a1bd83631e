/* ours only
 * OMP_DISPLAY_AFFINITY: all threads of a region display when anything changes that they display,
 * also in a region of one thread (libgomp leaves that out) and in one of another policy.
 * sizes: 2
 * env: OMP_DISPLAY_AFFINITY=true OMP_PLACES={0}:4:0 OMP_AFFINITY_FORMAT=<%n/%N at %L below %a>
 * prints: 11 lines
 */
#include "../check.h"

static void sized(int threads)
{
    CHECK(omp_get_num_threads() == threads, "%d", threads);
}

static void region(int threads)
{
#pragma omp parallel num_threads(threads)
    sized(threads);
}

int main(void)
{
    int mine = dup(2), lines = 0, out[2];
    char c;
    CHECK(pipe(out) == 0, "no pipe");
    dup2(out[1], 2);
    close(out[1]);

    region(1), region(1); /* 1 line */
    region(2), region(2); /* 2 lines */
#pragma omp parallel num_threads(2) proc_bind(close) /* 2 lines */
    sized(2);
#pragma omp parallel num_threads(2) proc_bind(spread) /* 2 lines: other places might follow */
    sized(2);
    region(1); /* 1 line */
    omp_set_max_active_levels(2);
#pragma omp parallel num_threads(1) /* none */
    region(1), region(1); /* 1 line */
#pragma omp parallel num_threads(2) proc_bind(close) /* 2 lines */
    sized(2);

    dup2(mine, 2);
    while (read(out[0], &c, 1) == 1)
        lines += c == '\n';
    printf("%d lines\n", lines);
    return 0;
}
