/* Small functions for batches: all types, all registers, and some that wait. */
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#define MAP(NAME, FROM, TO, RESULT) \
    TO NAME(FROM x) { return RESULT; }

MAP(batch_long, long, long, -x)
MAP(batch_double, double, double, x / 2)
MAP(batch_float, float, float, x / 2)
MAP(batch_schar, int8_t, int8_t, -x)
MAP(batch_uchar, uint8_t, uint8_t, x + 1)
MAP(batch_short, int16_t, int16_t, -x)
MAP(batch_ushort, uint16_t, uint16_t, x + 1)
MAP(batch_int, int32_t, int32_t, -x)
MAP(batch_uint, uint32_t, uint32_t, x + 1)
MAP(batch_ulong, uint64_t, uint64_t, x + 1)
MAP(batch_to_double, int8_t, double, x * 0.5)
MAP(batch_to_float, uint16_t, float, x)
MAP(batch_to_long, double, long, (long)x)
MAP(batch_to_schar, float, int8_t, (int8_t)x)
MAP(batch_read_long, const long *, long, *x)
MAP(batch_read_double, const double *, double, *x)
MAP(batch_next, long *, long *, x + 1)

void batch_bump(long *x)
{
    *x += 1;
}

double batch_fma(double x, double y, double z)
{
    return x * y + z;
}

/* Narrow types in both classes, for the rows of tables. */
int16_t batch_two(int8_t a, uint16_t b)
{
    return (int16_t)(2 * a + b);
}

float batch_three(float a, int32_t b, uint8_t c)
{
    return a * b + c;
}

double batch_four(int64_t a, double b, uint32_t c, float d)
{
    return a + 2 * b + 3.0 * c + 4 * d;
}

/* Uses all registers; integer and floating-point arguments alternate.  Each argument is
 * one digit of the result. */
#define ALL                                                                             \
    long a, double p, double q, long b, double r, long c, double s, double t, long d,   \
        double u, long e, double v, long f, double w
#define INTS (((((a * 10 + b) * 10 + c) * 10 + d) * 10 + e) * 10 + f)
#define DOUBLES \
    (((((((p * 10 + q) * 10 + r) * 10 + s) * 10 + t) * 10 + u) * 10 + v) * 10 + w)

double batch_all_double(ALL)
{
    return (double)INTS * 1e8 + DOUBLES;
}

long batch_all_long(ALL)
{
    return INTS * 100000000 + (long)DOUBLES;
}

long batch_narrow(int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, float g)
{
    return a + 2L * b + 3L * c + 5L * d + 7L * e + 11L * f + (long)(13 * g);
}

long batch_seven(long a, long b, long c, long d, long e, long f, long g)
{
    return a + b + c + d + e + f + g;
}

static atomic_long ticks;

void batch_tick(void)
{
    atomic_fetch_add_explicit(&ticks, 1, memory_order_relaxed);
}

long batch_ticks(void)
{
    return atomic_load(&ticks);
}

/* Decimal digits in the order of the calls. */
long batch_digit(long *number, long digit)
{
    *number = *number * 10 + digit;
    return *number;
}

long batch_apply(long (*f)(long), long x)
{
    return f(x);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec * 1e-3;
}

/* Takes so many microseconds: computing, or asleep. */
long batch_spin(long microseconds)
{
    double end = now() + microseconds;
    while (now() < end)
        ;
    return microseconds;
}

long batch_sleep(long microseconds)
{
    struct timespec t = {microseconds / 1000000, microseconds % 1000000 * 1000};
    nanosleep(&t, 0);
    return microseconds;
}
