/* in_reduction of a target task: the item on the host is that of the thread.
 * not by Clang before 19: has no in_reduction on target
 */
#include "../check.h"

int main(void)
{
    int sum = 3;
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup task_reduction(+ : sum)
    for (int i = 0; i < 20; i++) {
#pragma omp target in_reduction(+ : sum) nowait
        sum += i;
#pragma omp target in_reduction(+ : sum)
        {
            sum += 100;
        }
#pragma omp task in_reduction(+ : sum)
        sum += 1000;
    }
    CHECK(sum == 3 + 190 + 2000 + 20000, "%d", sum);
    return 0;
}
