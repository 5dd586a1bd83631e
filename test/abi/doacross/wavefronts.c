/* Iterations wait for the earlier ones that they name: 1, 2 and 3 dimensions, all
   schedules, against the sequential result. */
#include "../check.h"

enum { N = 23, M = 17, K = 11 };

static long line[400], plane[N][M], cube[N][M][K];

static long next_of(long a, long b, long c)
{
    return (a * 31 + b * 17 + c * 7 + 5) % 1000003;
}

#define EACH_SCHEDULE(loop) \
    loop("omp for ordered(DIM)"); \
    loop("omp for ordered(DIM) schedule(static, 1)"); \
    loop("omp for ordered(DIM) schedule(static, 3)"); \
    loop("omp for ordered(DIM) schedule(static, 1000)"); \
    loop("omp for ordered(DIM) schedule(dynamic)"); \
    loop("omp for ordered(DIM) schedule(dynamic, 2)"); \
    loop("omp for ordered(DIM) schedule(dynamic, 1000)"); \
    loop("omp for ordered(DIM) schedule(guided)"); \
    loop("omp for ordered(DIM) schedule(guided, 2)"); \
    loop("omp for ordered(DIM) schedule(auto)"); \
    loop("omp for ordered(DIM) schedule(runtime)"); \
    loop("omp for ordered(DIM) schedule(monotonic: dynamic)"); \
    loop("omp for ordered(DIM) nowait")

#define DIM 1
static void one(void)
{
    long expected[400] = { 1, 2, 3 };
    for (int i = 3; i < 400; i++)
        expected[i] = next_of(expected[i - 1], expected[i - 3], i);
#define LOOP(clauses) \
    do { \
        memset(line, 0, sizeof line); \
        line[0] = 1, line[1] = 2, line[2] = 3; \
        _Pragma("omp parallel") \
        { \
            _Pragma(clauses) for (int i = 3; i < 400; i++) { \
                _Pragma("omp ordered depend(sink: i - 1) depend(sink: i - 3)") \
                line[i] = next_of(line[i - 1], line[i - 3], i); \
                _Pragma("omp ordered depend(source)") \
            } \
        } \
        CHECK(memcmp(line, expected, sizeof line) == 0, "%s", clauses); \
    } while (0)
    EACH_SCHEDULE(LOOP);
#undef LOOP
}
#undef DIM

#define DIM 2
static void two(void)
{
    static long expected[N][M];
    for (int i = 1; i < N; i++)
        for (int j = 1; j < M; j++)
            expected[i][j] = next_of(expected[i - 1][j], expected[i][j - 1], i + j);
#define LOOP(clauses) \
    do { \
        memset(plane, 0, sizeof plane); \
        _Pragma("omp parallel") \
        { \
            _Pragma(clauses) for (int i = 1; i < N; i++) { \
                for (int j = 1; j < M; j++) { \
                    _Pragma("omp ordered depend(sink: i - 1, j) depend(sink: i, j - 1)") \
                    plane[i][j] = next_of(plane[i - 1][j], plane[i][j - 1], i + j); \
                    _Pragma("omp ordered depend(source)") \
                } \
            } \
        } \
        CHECK(memcmp(plane, expected, sizeof plane) == 0, "%s", clauses); \
    } while (0)
    EACH_SCHEDULE(LOOP);
#undef LOOP
}
#undef DIM

#define DIM 3
static void three(void)
{
    static long expected[N][M][K];
    for (int i = 1; i < N; i++)
        for (int j = M - 2; j >= 0; j--)
            for (int k = 2; k < K; k += 2)
                expected[i][j][k] =
                    next_of(expected[i - 1][j][k], expected[i][j + 1][k], expected[i][j][k - 2]);
#define LOOP(clauses) \
    do { \
        memset(cube, 0, sizeof cube); \
        _Pragma("omp parallel") \
        { \
            _Pragma(clauses) for (int i = 1; i < N; i++) { \
                for (int j = M - 2; j >= 0; j--) { \
                    for (int k = 2; k < K; k += 2) { \
                        _Pragma("omp ordered depend(sink: i - 1, j, k) depend(sink: i, j + 1, k)") \
                        _Pragma("omp ordered depend(sink: i, j, k - 2)") \
                        cube[i][j][k] = next_of(cube[i - 1][j][k], cube[i][j + 1][k], \
                                                cube[i][j][k - 2]); \
                        _Pragma("omp ordered depend(source)") \
                    } \
                } \
            } \
        } \
        CHECK(memcmp(cube, expected, sizeof cube) == 0, "%s", clauses); \
    } while (0)
    EACH_SCHEDULE(LOOP);
#undef LOOP
}
#undef DIM

int main(void)
{
    one();
    two();
    three();
    return 0;
}
