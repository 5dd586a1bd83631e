/* A directive ends the program, and another one in a handler of exit ends it again.
 * The other handlers run, and the status is that of such an end.
 * fails: 1 the last handler
 * prints: fatal error: error directive encountered: in main
 * prints: fatal error: error directive encountered: in a handler
 * not by Clang: calls GOMP_ entries
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern void GOMP_error(const char *, size_t);

static void last(void)
{
    fputs("the last handler\n", stderr);
}

static void ends_again(void)
{
    GOMP_error("in a handler", strlen("in a handler"));
}

int main(void)
{
    atexit(last);
    atexit(ends_again);
#pragma omp parallel
#pragma omp single
    GOMP_error("in main", strlen("in main"));
    return 0;
}
