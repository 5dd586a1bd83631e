/* fails: 1 libgomp: unknown omp_depend_t dependence type 9
 * not by Clang: has objects of another form
 */
/* A depend object that nobody initialized. */
#include "../check.h"

int main(void)
{
    int x = 0;
    uintptr_t words[2] = {(uintptr_t)&x, 9};
    omp_depend_t object;
    memcpy(&object, words, sizeof words);
#pragma omp parallel
#pragma omp single
    {
#pragma omp task depend(inout : x) shared(x)
        x++;
#pragma omp task depend(depobj : object) shared(x)
        x++;
    }
    return 0;
}
