/* Data regions and directives: on the host all data stays in place. */
#include "../check.h"

#define N 64

int linked[N];
#pragma omp declare target link(linked)
int declared[N];
#pragma omp declare target to(declared)

struct node { int value; int *items; int count; struct node *next; };

int main(void)
{
    int a[N], b[N], *p = a;
    for (int i = 0; i < N; i++)
        a[i] = linked[i] = declared[i] = i;

#pragma omp target data map(to: a) map(from: b)
    {
#pragma omp target
        for (int i = 0; i < N; i++)
            b[i] = a[i] + 1;
        a[0] = 100;
#pragma omp target update to(a[0:4])
#pragma omp target map(alloc: a, b)
        b[0] = a[0];
#pragma omp target update from(b)
    }
    CHECK(b[0] == 100 && b[N - 1] == N, "target data: %d %d", b[0], b[N - 1]);

#pragma omp target data map(tofrom: a) use_device_addr(a)
    CHECK(&a[0] == p, "use_device_addr moved the array");
#pragma omp target data map(tofrom: p[:N]) use_device_ptr(p)
    {
        CHECK(p == a, "use_device_ptr moved the pointer");
#pragma omp target is_device_ptr(p)
        p[1] = 55;
    }
    CHECK(a[1] == 55, "through the device pointer: %d", a[1]);

#pragma omp target enter data map(to: a[0:N]) map(alloc: b[0:N])
#pragma omp target map(to: a) map(from: b)
    for (int i = 0; i < N; i++)
        b[i] = a[i];
#pragma omp target exit data map(from: b[0:N]) map(release: a[0:N])
    CHECK(b[1] == 55, "enter and exit: %d", b[1]);
#pragma omp target enter data map(to: a) nowait
#pragma omp taskwait
#pragma omp target exit data map(delete: a)

#pragma omp target map(tofrom: linked)
    for (int i = 0; i < N; i++)
        linked[i] += declared[i]++;
#pragma omp target update from(declared)
    CHECK(linked[9] == 18 && declared[9] == 10, "declare target: %d %d", linked[9], declared[9]);

    /* Members, attached pointers, and a linked list. */
    struct node last = {2, b, N, NULL}, first = {1, a, N, &last}, *list = &first;
#pragma omp target map(tofrom: first.items[:N], first.value) map(to: first.count)
    {
        for (int i = 0; i < first.count; i++)
            first.items[i] = 3;
        first.value = 10;
    }
    CHECK(a[N - 1] == 3 && first.value == 10, "members: %d %d", a[N - 1], first.value);
#pragma omp target enter data map(to: list[:1]) map(to: list->items[:N])
#pragma omp target map(tofrom: list->value)
    list->value += list->count;
#pragma omp target exit data map(from: list->items[:N]) map(release: list[:1])
    CHECK(first.value == 10 + N, "through the pointer: %d", first.value);

    /* if(0), and a device that is the host. */
    int on = 0, x = 0;
#pragma omp target data if (on) map(tofrom: x) device(omp_get_initial_device())
#pragma omp target if (on) map(tofrom: x)
    x++;
#pragma omp target device(omp_get_initial_device()) map(tofrom: x)
    x++;
#pragma omp target device(1000) map(tofrom: x)
    x++;
#pragma omp target update to(x) if (on) device(3)
    CHECK(x == 3, "regions run: %d", x);
    return 0;
}
