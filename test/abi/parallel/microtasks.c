/* ours only
 * Regions as Clang compiles them, with few and many arguments. The same region again, with the
 * same arguments and with others; regions inside, of the same function and of others, while
 * threads of the region outside have yet to begin.
 */
#include "../check.h"

typedef void function(void);
void __kmpc_fork_call(void *, int32_t, function *, ...);
void __kmpc_push_num_threads_list(void *, int32_t, uint32_t, const int32_t *);

static void two(int32_t *global, int32_t *bound, int *sum, int *number)
{
    CHECK(*global >= 0 && *bound == omp_get_thread_num(), "%d %d", *global, *bound);
#pragma omp atomic
    *sum += *number;
}

static void six(int32_t *global, int32_t *bound, int *a, int *b, int *c, int *d, int *e, int *f)
{
    (void)global;
    (void)bound;
#pragma omp atomic
    *a += *b + 10 * *c + 100 * *d + 1000 * *e + 10000 * *f;
}

static void none(int32_t *global, int32_t *bound)
{
    CHECK(*global >= 0 && *bound < omp_get_num_threads(), "%d %d", *global, *bound);
}

/* The first thread starts regions at once, while others may not have begun. */
static void outer(int32_t *global, int32_t *bound, int *sum, int *number)
{
    int mine = 0, one = 1, size = omp_get_num_threads();
    for (int i = 0; i < 3; i++) {
        __kmpc_fork_call(NULL, 2, (function *)two, &mine, &one);
        __kmpc_fork_call(NULL, 0, (function *)none);
        __kmpc_fork_call(NULL, 6, (function *)six, &mine, &one, &one, &one, &one, &one);
    }
    CHECK(mine == 3 * 11112 || size > 1, "%d", mine);
    CHECK(mine % 11112 == 0, "%d", mine);
    two(global, bound, sum, number);
}

int main(void)
{
    int size = 0, sum = 0;
#pragma omp parallel
#pragma omp single
    size = omp_get_num_threads();

    for (int i = 0; i < 200; i++) {
        int numbers[6] = {1, 2, 3, 4, 5, i};
        __kmpc_fork_call(NULL, 2, (function *)two, &sum, &numbers[0]);
        __kmpc_fork_call(NULL, 2, (function *)two, &sum, &numbers[0]);
        __kmpc_fork_call(NULL, 2, (function *)two, &sum, &numbers[5]);
        CHECK(sum == size * (2 + i), "%d: %d", i, sum);
        sum = 0;
        __kmpc_fork_call(NULL, 0, (function *)none);
        __kmpc_fork_call(NULL, 6, (function *)six, &sum, &numbers[1], &numbers[2], &numbers[3],
                         &numbers[4], &numbers[0]);
        CHECK(sum == size * (2 + 30 + 400 + 5000 + 10000), "%d: %d", i, sum);
        sum = 0;
    }
    for (int levels = 1; levels <= 2; levels++) {
        omp_set_max_active_levels(levels);
        for (int i = 0; i < 50; i++) {
            __kmpc_fork_call(NULL, 2, (function *)outer, &sum, &(int){1});
            CHECK(sum == size, "%d", sum);
            sum = 0;
        }
    }
    __kmpc_push_num_threads_list(NULL, 0, 2, (const int32_t[]){2, 1});
    __kmpc_fork_call(NULL, 2, (function *)outer, &sum, &(int){1});
    CHECK(sum == 2, "%d", sum);
    return 0;
}
