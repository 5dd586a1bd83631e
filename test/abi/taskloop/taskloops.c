/* taskloop: each iteration once, the clauses' number and size of tasks, both widths,
 * both directions, the ends of the types, collapse, lastprivate, if, final, nogroup.
 * not by Clang before 22: has no strict
 */
#include "../check.h"

enum { MOST = 1000 };
static int seen[MOST];
static int tasks, smallest, largest;

static void begin(void)
{
    memset(seen, 0, sizeof seen);
    tasks = 0;
    smallest = MOST;
    largest = 0;
}

/* Called by a task per iteration: counts it, and tasks by their threadprivate stamp. */
static void once(int i)
{
#pragma omp atomic
    seen[i]++;
}

static void all_once(int n, const char *what)
{
    for (int i = 0; i < MOST; i++)
        CHECK(seen[i] == (i < n), "%s: iteration %d of %d ran %d times", what, i, n, seen[i]);
}

/* A task's iterations are consecutive, so another task begins at each gap. */
static void count_tasks(const int *task_of, int n)
{
    int length = 0;
    for (int i = 0; i < n; i++) {
        length++;
        if (i + 1 == n || task_of[i + 1] != task_of[i]) {
            tasks++;
            smallest = length < smallest ? length : smallest;
            largest = length > largest ? length : largest;
            length = 0;
        }
    }
}

static int number;
static int next_number(void)
{
    return __atomic_add_fetch(&number, 1, __ATOMIC_RELAXED);
}

/* `mine` is copied per task: the first iteration that a task executes gives it a number. */
#define SIZES(clauses, n) \
    do { \
        int task_of[MOST], mine = 0; \
        begin(); \
        _Pragma("omp parallel") \
        _Pragma("omp single") \
        { \
            _Pragma(clauses) for (int i = 0; i < (n); i++) \
            { \
                if (mine == 0) \
                    mine = next_number(); \
                task_of[i] = mine; \
                once(i); \
            } \
            all_once(n, clauses); \
            count_tasks(task_of, n); \
        } \
    } while (0)

static void how_many(void)
{
    SIZES("omp taskloop firstprivate(mine) grainsize(7)", 100);
    CHECK(tasks == 14 && smallest == 7 && largest == 8, "%d %d %d", tasks, smallest, largest);
    SIZES("omp taskloop firstprivate(mine) grainsize(60)", 100);
    CHECK(tasks == 1 && largest == 100, "%d %d", tasks, largest);
    SIZES("omp taskloop firstprivate(mine) grainsize(1000)", 100);
    CHECK(tasks == 1 && largest == 100, "%d %d", tasks, largest);
    SIZES("omp taskloop firstprivate(mine) grainsize(1)", 100);
    CHECK(tasks == 100, "%d", tasks);
    SIZES("omp taskloop firstprivate(mine) grainsize(strict : 7)", 100);
    CHECK(tasks == 15 && smallest == 2 && largest == 7, "%d %d %d", tasks, smallest, largest);
    SIZES("omp taskloop firstprivate(mine) grainsize(strict : 25)", 100);
    CHECK(tasks == 4 && smallest == 25 && largest == 25, "%d %d %d", tasks, smallest, largest);
    SIZES("omp taskloop firstprivate(mine) grainsize(strict : 1000)", 100);
    CHECK(tasks == 1 && largest == 100, "%d %d", tasks, largest);
    SIZES("omp taskloop firstprivate(mine) num_tasks(8)", 100);
    CHECK(tasks == 8 && smallest == 12 && largest == 13, "%d %d %d", tasks, smallest, largest);
    SIZES("omp taskloop firstprivate(mine) num_tasks(strict : 8)", 100);
    CHECK(tasks == 8 && smallest == 12 && largest == 13, "%d %d %d", tasks, smallest, largest);
    SIZES("omp taskloop firstprivate(mine) num_tasks(500)", 100);
    CHECK(tasks == 100, "%d", tasks);
    SIZES("omp taskloop firstprivate(mine) if(0) num_tasks(3)", 100);
    CHECK(tasks == 3, "%d", tasks);
    SIZES("omp taskloop firstprivate(mine) final(1) num_tasks(3)", 100);
    CHECK(tasks == 3, "%d", tasks);
    SIZES("omp taskloop firstprivate(mine) untied mergeable priority(4) num_tasks(30)", 999);
    CHECK(tasks == 30, "%d", tasks);
    SIZES("omp taskloop firstprivate(mine) num_tasks(30)", 0);
    CHECK(tasks == 0, "%d", tasks);
    int team = 0;
#pragma omp parallel
#pragma omp single
    team = omp_get_num_threads();
    SIZES("omp taskloop firstprivate(mine)", 100);
    CHECK(tasks == team, "%d tasks of %d threads", tasks, team);
}

/* A function, so that the bounds are not known to the compiler. */
#define VALUES(name, type, clauses) \
    __attribute__((noipa)) static void name##_up(type from, type to, type step) \
    { \
        _Pragma("omp parallel") \
        _Pragma("omp single") \
        _Pragma(clauses) for (type i = from; i < to; i += step) once((int) ((i - from) / step)); \
    } \
    __attribute__((noipa)) static void name##_down(type from, type to, type step) \
    { \
        _Pragma("omp parallel") \
        _Pragma("omp single") \
        _Pragma(clauses) for (type i = from; i > to; i -= step) once((int) ((from - i) / step)); \
    }

VALUES(plain, int, "omp taskloop")
VALUES(longs, long, "omp taskloop grainsize(5)")
VALUES(ulls, unsigned long long, "omp taskloop num_tasks(11)")

static void values(void)
{
#define BOTH(name, n, low, high, step) \
    do { \
        begin(); \
        name##_up(low, high, step); \
        all_once(n, #name " up " #low); \
        begin(); \
        name##_down(high, low, step); \
        all_once(n, #name " down " #low); \
    } while (0)
    BOTH(plain, 100, -50, 50, 1);
    BOTH(plain, 34, -50, 50, 3);
    BOTH(plain, 42, INT_MAX - 300, INT_MAX - 6, 7);
    BOTH(plain, 42, INT_MIN + 7, INT_MIN + 300, 7);
    BOTH(plain, 0, 5, 5, 1);
    BOTH(longs, 100, -50, 50, 1);
    BOTH(longs, 42, LONG_MAX - 300, LONG_MAX - 6, 7);
    BOTH(longs, 3, LONG_MIN / 4, LONG_MAX / 4, LONG_MAX / 6);
    BOTH(longs, 0, 5, 4, 1);
    BOTH(ulls, 100, 0, 100, 1);
    BOTH(ulls, 301, 0xfffffffffffff000ULL, 0xfffffffffffffffcULL - 1088, 10);
    BOTH(ulls, 14, 1ULL << 60, 0xffffffffffffffffULL - (1ULL << 60), 1ULL << 60);
    BOTH(ulls, 0, 9, 3, 1);
}

static void clauses(void)
{
    int last = -1, i, sum = 0, wide[5] = { 1, 2, 3, 4, 5 };
    begin();
#pragma omp parallel
#pragma omp single
    {
#pragma omp taskloop lastprivate(last, i) firstprivate(wide) collapse(1) num_tasks(6)
        for (i = 0; i < 100; i += 3) {
            wide[i % 5]++;
            last = i;
            once(i / 3);
        }
        CHECK(last == 99 && i == 102, "%d %d", last, i);
        CHECK(wide[0] == 1 && wide[4] == 5, "%d", wide[0]);
    }
    all_once(34, "lastprivate");

    begin();
    int row = -1, column = -1;
#pragma omp parallel
#pragma omp single
#pragma omp taskloop collapse(2) lastprivate(row, column) grainsize(4)
    for (int a = 9; a >= 0; a--)
        for (int b = 0; b < 30; b += 2) {
            once((9 - a) * 15 + b / 2);
            row = a;
            column = b;
        }
    all_once(150, "collapse");
    CHECK(row == 0 && column == 28, "%d %d", row, column);

    begin();
    int inside = 0;
#pragma omp parallel
#pragma omp single
    {
#pragma omp taskgroup
        {
#pragma omp taskloop nogroup
            for (int a = 0; a < 50; a++) {
#pragma omp task
                once(a);
            }
        }
        all_once(50, "nogroup in a taskgroup");
#pragma omp taskloop nogroup
        for (int a = 50; a < 90; a++)
            once(a);
#pragma omp taskwait
        all_once(90, "nogroup and taskwait");
        /* Without nogroup, the descendants of the tasks have finished. */
#pragma omp taskloop
        for (int a = 90; a < 200; a++) {
#pragma omp task
            once(a);
        }
        all_once(200, "the group waits for descendants");
#pragma omp taskloop final(1) num_tasks(2)
        for (int a = 0; a < 10; a++) {
            CHECK(omp_in_final(), "%d", a);
#pragma omp task shared(inside)
#pragma omp atomic
            inside++;
        }
        CHECK(inside == 10, "%d", inside);
    }

    /* Outside of a region, and in a task. */
#pragma omp taskloop shared(sum)
    for (int a = 0; a < 10; a++)
#pragma omp atomic
        sum += a;
    CHECK(sum == 45, "%d", sum);
#pragma omp parallel
    {
#pragma omp for
        for (int t = 0; t < 8; t++) {
#pragma omp task shared(sum)
            {
#pragma omp taskloop shared(sum) grainsize(2)
                for (int a = 0; a < 10; a++)
#pragma omp atomic
                    sum += a;
            }
        }
    }
    CHECK(sum == 45 * 9, "%d", sum);

    /* parallel master taskloop, and its simd form. */
    begin();
#pragma omp parallel master taskloop
    for (int a = 0; a < 77; a++)
        once(a);
    all_once(77, "parallel master taskloop");
    int data[300];
#pragma omp parallel master taskloop simd shared(data) lastprivate(last) grainsize(16)
    for (int a = 0; a < 300; a++) {
        data[a] = 3 * a;
        last = a;
    }
    CHECK(last == 299, "%d", last);
    for (int a = 0; a < 300; a++)
        CHECK(data[a] == 3 * a, "%d", a);
}

int main(void)
{
    how_many();
    values();
    clauses();
    return 0;
}
