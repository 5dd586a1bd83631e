/*
 * A C program whose OpenMP threads call Haskell.  It is compiled with -fopenmp and
 * linked with libghcomp-ghc, without libgomp.  The first region starts GHC, and thread
 * i of the team calls Haskell on GHC's capability i.
 */
#include <omp.h>
#include <stdio.h>

long collatz_steps(long n);
int capability_number(void);

int main(void)
{
    long longest = 0;
#pragma omp parallel for schedule(dynamic, 64) reduction(max : longest)
    for (long n = 1; n <= 20000; n++) {
        long steps = collatz_steps(n);
        if (steps > longest)
            longest = steps;
    }

    int elsewhere = 0, threads = 0;
#pragma omp parallel reduction(+ : elsewhere, threads)
    {
        threads++;
        elsewhere += capability_number() != omp_get_thread_num();
    }

    printf("longest way to 1 from a number up to 20000: %ld steps\n", longest);
    printf("%d threads, %d of them not on the capability of their number\n", threads, elsewhere);
    return elsewhere != 0;
}
