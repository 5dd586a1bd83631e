/* ours only: what GCC 16 passes for map(iterator(...)), which GCC 12 cannot compile.
 * not by Clang: calls GOMP_ entries
 */
#include "../check.h"

extern void GOMP_target_ext(int, void (*)(void *), size_t, void **, size_t *, unsigned short *,
                            unsigned, void **, void **);

struct data { int *(*rows)[4]; int *added; };

static void body(void *p)
{
    struct data *data = p;
    for (int i = 0; i < 4; i++)
        (*data->rows)[i][0] += *data->added;
    *data->added = 0;
}

int main(void)
{
    int values[4] = {0, 1, 2, 3}, *rows[4], added = 10;
    for (int i = 0; i < 4; i++)
        rows[i] = &values[i];
    /* The number of addresses, and each with its size: twice the same. */
    void *list[] = {(void *)2, rows, (void *)sizeof rows, rows, (void *)sizeof rows};
    size_t sizes[] = {SIZE_MAX, sizeof added};
    unsigned short kinds[] = {3, 2 << 8 | 12}; /* tofrom, firstprivate */
    void *args[] = {NULL};
    for (int nowait = 0; nowait < 2; nowait++) {
        void *addresses[] = {list, &added};
        GOMP_target_ext(-1, body, 2, addresses, sizes, kinds, nowait, NULL, args);
#pragma omp taskwait
    }
    for (int i = 0; i < 4; i++)
        CHECK(values[i] == 20 + i, "row %d: %d", i, values[i]);
    CHECK(added == 10, "firstprivate %d", added);
    return 0;
}
