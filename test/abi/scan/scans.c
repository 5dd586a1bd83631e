/* Inclusive and exclusive scans; integers, a declared reduction, worksharing loops
 * in their own region and combined ones, simd.
 * not by Clang: makes a program that fails on its own library too
 */
#include "../check.h"

enum { N = 1021 };
static int input[N], output[N];

struct pair {
    long sum, greatest;
};
static void merge(struct pair *out, const struct pair *in)
{
    out->sum += in->sum;
    if (in->greatest > out->greatest)
        out->greatest = in->greatest;
}
#pragma omp declare reduction(merge : struct pair : merge(&omp_out, &omp_in)) \
    initializer(omp_priv = (struct pair){ 0, -1 })

static void inclusive(int n)
{
    int sum = 3;
#pragma omp parallel for reduction(inscan, + : sum)
    for (int i = 0; i < n; i++) {
        sum += input[i];
#pragma omp scan inclusive(sum)
        output[i] = sum;
    }
    int expected = 3;
    for (int i = 0; i < n; i++) {
        expected += input[i];
        CHECK(output[i] == expected, "%d of %d: %d, not %d", i, n, output[i], expected);
    }
    CHECK(sum == expected, "%d, not %d", sum, expected);
}

static void exclusive(int n)
{
    int sum = -7;
#pragma omp parallel
#pragma omp for reduction(inscan, + : sum)
    for (int i = n - 1; i >= 0; i--) {
        output[i] = sum;
#pragma omp scan exclusive(sum)
        sum += input[i];
    }
    int expected = -7;
    for (int i = n - 1; i >= 0; i--) {
        CHECK(output[i] == expected, "%d of %d: %d, not %d", i, n, output[i], expected);
        expected += input[i];
    }
    CHECK(sum == expected, "%d, not %d", sum, expected);
}

static void structures(int n)
{
    static struct pair found[N];
    struct pair state = { 0, -1 };
#pragma omp parallel for reduction(inscan, merge : state)
    for (int i = 0; i < n; i++) {
        merge(&state, &(struct pair){ input[i], input[i] });
#pragma omp scan inclusive(state)
        found[i] = state;
    }
    struct pair expected = { 0, -1 };
    for (int i = 0; i < n; i++) {
        merge(&expected, &(struct pair){ input[i], input[i] });
        CHECK(found[i].sum == expected.sum && found[i].greatest == expected.greatest, "%d", i);
    }
}

static void simd(int n)
{
    int product = 1;
#pragma omp parallel for simd reduction(inscan, max : product)
    for (int i = 0; i < n; i++) {
        product = input[i] > product ? input[i] : product;
#pragma omp scan inclusive(product)
        output[i] = product;
    }
    int expected = 1;
    for (int i = 0; i < n; i++) {
        expected = input[i] > expected ? input[i] : expected;
        CHECK(output[i] == expected, "%d", i);
    }
}

int main(void)
{
    for (int i = 0; i < N; i++)
        input[i] = i * 37 % 101;
    int sizes[] = { 0, 1, 2, 3, 15, 16, 17, 100, N };
    for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        inclusive(sizes[s]);
        exclusive(sizes[s]);
        structures(sizes[s]);
        simd(sizes[s]);
    }
    return 0;
}
