/* sizes: 1 2 3 4 8 16
   Chains of tasks, each of which creates the next. Many other tasks wait to be executed,
   and still the stack does not grow with a chain's length. */
#include "../check.h"

enum { CHAINS = 12, LENGTH = 50000 };

static long done[CHAINS];

static void step(int chain, int left)
{
    char frame[256];
    __asm__ volatile("" : : "r"(frame) : "memory");
    done[chain]++;
    if (left > 1) {
#pragma omp task firstprivate(chain, left)
        step(chain, left - 1);
    }
}

int main(void)
{
#pragma omp parallel
#pragma omp single
    for (int chain = 0; chain < CHAINS; chain++) {
#pragma omp task firstprivate(chain)
        step(chain, LENGTH);
    }
    for (int chain = 0; chain < CHAINS; chain++)
        CHECK(done[chain] == LENGTH, "chain %d: %ld steps", chain, done[chain]);
    return 0;
}
