/*
 * Programs that live on tasks, without a cut-off: Fibonacci numbers, queens on
 * a board, an uneven tree, and a merge sort, whose tasks are large. Tied tasks,
 * or with -DKIND=untied untied ones. The time of a whole run; a wrong result
 * ends the program.
 */
#include "rows.h"

#ifndef KIND
#define KIND /* tied */
#endif

enum { RUNS = 5, FIB = 22, QUEENS = 9, LEVELS = 9, NUMBERS = 1 << 20, LEAST = 2048 };

static long fib(int n)
{
    long a, b;
    if (n < 2)
        return n;
#pragma omp task shared(a) KIND
    a = fib(n - 1);
#pragma omp task shared(b) KIND
    b = fib(n - 2);
#pragma omp taskwait
    return a + b;
}

static int fibonacci(void)
{
    return fib(FIB) == 17711;
}

/* whether a queen in the column of the next row is safe */
static int safe(const char *columns, int row, int column)
{
    for (int i = 0; i < row; i++) {
        int apart = column - columns[i];
        if (apart == 0 || apart == row - i || apart == i - row)
            return 0;
    }
    return 1;
}

static long placed(const char *above, int row)
{
    long found[QUEENS] = {0}, sum = 0;
    if (row == QUEENS)
        return 1;
    for (int column = 0; column < QUEENS; column++)
#pragma omp task shared(found) firstprivate(column) KIND
    {
        char columns[QUEENS];
        memcpy(columns, above, (size_t)row);
        columns[row] = (char)column;
        if (safe(columns, row, column))
            found[column] = placed(columns, row + 1);
    }
#pragma omp taskwait
    for (int column = 0; column < QUEENS; column++)
        sum += found[column];
    return sum;
}

static int queens(void)
{
    return placed(NULL, 0) == 352;
}


/* the nodes of a tree, of whose root the number decides how many children it has */
static long nodes(unsigned long number, int level)
{
    long below[6] = {0}, sum = 1;
    number ^= number >> 33;
    number *= 0xff51afd7ed558ccdUL;
    number ^= number >> 29;
    int children = level == LEVELS ? 0 : 1 + (int)((number >> 40) % 6);
    for (int i = 0; i < children; i++)
#pragma omp task shared(below) firstprivate(i) KIND
        below[i] = nodes(number + (unsigned long)i, level + 1);
#pragma omp taskwait
    for (int i = 0; i < children; i++)
        sum += below[i];
    return sum;
}

/* the same without tasks */
static long nodes_alone(unsigned long number, int level)
{
    long sum = 1;
    number ^= number >> 33;
    number *= 0xff51afd7ed558ccdUL;
    number ^= number >> 29;
    int children = level == LEVELS ? 0 : 1 + (int)((number >> 40) % 6);
    for (int i = 0; i < children; i++)
        sum += nodes_alone(number + (unsigned long)i, level + 1);
    return sum;
}

static int tree(void)
{
    static long expected;
    if (expected == 0)
        expected = nodes_alone(2026, 0);
    return nodes(2026, 0) == expected;
}

static int numbers[NUMBERS], spare[NUMBERS];

static int by_number(const void *a, const void *b)
{
    const int *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* sorts n numbers, through as much room */
static void sorted(int *from, int *room, long n)
{
    long half = n / 2;
    if (n <= LEAST) {
        qsort(from, (size_t)n, sizeof *from, by_number);
        return;
    }
#pragma omp task KIND
    sorted(from, room, half);
#pragma omp task KIND
    sorted(from + half, room + half, n - half);
#pragma omp taskwait
    for (long i = 0, a = 0, b = half; i < n; i++)
        room[i] = b == n || (a < half && from[a] <= from[b]) ? from[a++] : from[b++];
    memcpy(from, room, (size_t)n * sizeof *from);
}

static int sort(void)
{
    unsigned seed = 1;
    for (long i = 0; i < NUMBERS; i++)
        numbers[i] = (int)((seed = seed * 1664525 + 1013904223) >> 1);
    sorted(numbers, spare, NUMBERS);
    for (long i = 1; i < NUMBERS; i++)
        if (numbers[i - 1] > numbers[i])
            return 0;
    return 1;
}

static void measure(const char *name, int (*program)(void))
{
    double samples[RUNS];
    for (int run = 0; run < RUNS; run++) {
        int right;
        double start = now();
#pragma omp parallel
#pragma omp single
        right = program();
        samples[run] = now() - start;
        if (!right) {
            fprintf(stderr, "%s: wrong result\n", name);
            exit(1);
        }
    }
    row(name, median(samples, RUNS));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } programs[] = {{"fib", fibonacci}, {"queens", queens}, {"tree", tree}, {"sort", sort}};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (wanted(argc, argv, programs[i].name))
            measure(programs[i].name, programs[i].run);
    return 0;
}
