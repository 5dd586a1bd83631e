/*
 * A program that starts GHC's runtime system itself.  Then the first region leaves the
 * options and the number of capabilities alone.  The argument says when: "before" the
 * first region, or "after" it, when the region has started GHC already.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

long collatz_steps(long n);
int capability_number(void);

static void init(void)
{
    void (*hs_init)(int *, char ***) = (void (*)(int *, char ***))dlsym(RTLD_DEFAULT, "hs_init");
    char name[] = "booted", rts[] = "+RTS", size[] = "-N2", end[] = "-RTS";
    char *arguments[] = {name, rts, size, end, NULL}, **argv = arguments;
    int argc = 4;
    hs_init(&argc, &argv);
}

static void leave(void)
{
    ((void (*)(void))dlsym(RTLD_DEFAULT, "hs_exit"))();
}

int main(int argc, char **argv)
{
    int before = argc > 1 && strcmp(argv[1], "before") == 0, capabilities = 0, calls = 0;
    if (before)
        init();
    for (int i = 0; i < 100; i++) {
#pragma omp parallel num_threads(5) reduction(max : capabilities) reduction(+ : calls)
        {
            int number = capability_number();
            if (number >= capabilities)
                capabilities = number + 1;
            calls += collatz_steps(6) == 8;
        }
    }
    if (!before)
        init();
    leave();
    if (!before) {
        /* The start by the first region still counts: GHC is running. */
#pragma omp parallel num_threads(2) reduction(+ : calls)
        calls += collatz_steps(1) == 0;
    }
    printf("%d capabilities, %d calls\n", capabilities, calls);
    return 0;
}
