/* Both Rust libraries at work in one program, and inside each other. */
#include <omp.h>
#include <stdio.h>

int second_double_even(int n);

static int passed, failed;

static void check(const char *what, int ok)
{
    if (ok)
        passed++;
    else
        failed++;
    printf("%s: %s\n", what, ok ? "ok" : "FAILED");
}

int main(void)
{
    int threads = 0, sum = 0;

    check("the other library alone", second_double_even(4) == 8 && second_double_even(3) == -1);

#pragma omp parallel num_threads(3) reduction(+ : threads)
    threads++;
    check("a team of three", threads == 3);

    /* 50 even numbers give 2 * 2450, 50 odd ones a panic each. */
#pragma omp parallel for num_threads(4) schedule(dynamic) reduction(+ : sum)
    for (int i = 0; i < 100; i++)
        sum += second_double_even(i);
    check("panics caught on the team's threads", sum == 4900 - 50);

    check("and afterwards", second_double_even(21) == -1 && omp_get_max_threads() >= 1);

    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
