/* Locks and nestable locks. */
#include "../check.h"

int main(void)
{
    enum { n = 3000 };
    omp_lock_t lock;
    omp_nest_lock_t nest;
    long a = 0, b = 0, c = 0;
    int team = omp_get_max_threads();

    omp_init_lock(&lock);
    omp_init_nest_lock(&nest);
#pragma omp parallel
    for (int i = 0; i < n; i++) {
        omp_set_lock(&lock);
        a++;
        omp_unset_lock(&lock);

        omp_set_nest_lock(&nest);
        omp_set_nest_lock(&nest);
        CHECK(omp_test_nest_lock(&nest) == 3, "the third time");
        b++;
        omp_unset_nest_lock(&nest);
        omp_unset_nest_lock(&nest);
        b++;
        omp_unset_nest_lock(&nest);

        while (!omp_test_lock(&lock))
            ;
        c++;
        omp_unset_lock(&lock);
    }
    CHECK(a == (long)n * team && b == 2 * a && c == a, "%ld %ld %ld", a, b, c);
    CHECK(omp_test_lock(&lock), "free lock");
    CHECK(!omp_test_lock(&lock), "taken lock");
    omp_unset_lock(&lock);

    /* A lock belongs to the task: another task of the thread has to wait. */
    omp_set_nest_lock(&nest);
#pragma omp parallel num_threads(2)
    CHECK(omp_test_nest_lock(&nest) == 0, "another task got the lock");
    omp_unset_nest_lock(&nest);
    omp_destroy_lock(&lock);
    omp_destroy_nest_lock(&nest);
    return 0;
}
