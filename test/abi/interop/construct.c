/* ours only: the interop construct waits for its dependences, and there is no foreign runtime.
 * only by Clang: gcc has interop from 15 on
 */
#include "../check.h"

int main(void)
{
    int wait = 0, later = 0;
    omp_interop_t a = (omp_interop_t)(intptr_t)1, b = (omp_interop_t)(intptr_t)2;
#pragma omp parallel
#pragma omp single
    {
#pragma omp task depend(out : wait) shared(wait)
        {
            usleep(1000);
            wait = 1;
        }
#pragma omp interop init(targetsync : a) depend(in : wait)
        CHECK(wait == 1, "init did not wait");
        CHECK(a == omp_interop_none, "a foreign runtime: %p", (void *)a);
#pragma omp interop init(target, targetsync : b) device(omp_get_initial_device())
        CHECK(b == omp_interop_none, "a foreign runtime: %p", (void *)b);
        CHECK(omp_get_num_interop_properties(a) == 0, "it has properties");

#pragma omp task depend(out : later) shared(later)
        {
            usleep(1000);
            later = 1;
        }
#pragma omp interop use(a) depend(inout : later) nowait
#pragma omp task depend(in : later) shared(later)
        CHECK(later == 1, "a task before the construct's dependence");
#pragma omp interop use(b)
#pragma omp interop destroy(a) depend(inout : later)
        CHECK(later == 1, "destroy did not wait");
#pragma omp interop destroy(b)
    }
    CHECK(a == omp_interop_none && b == omp_interop_none, "objects are left");
    return 0;
}
