/*
 * The error directive at execution, as a warning: the program goes on.
 * prints: libgomp: error directive encountered: it is late
 * prints: libgomp: error directive encountered: 100%d
 * sizes: 1 2
 * not by Clang before 22: forgets the text
 */
#include "../check.h"

int main(void)
{
    const char *text = "100%d";
#pragma omp error at(execution) severity(warning) message("it is late")
#pragma omp error at(execution) severity(warning) message(text)
#pragma omp error at(execution) severity(warning)
    return 0;
}
