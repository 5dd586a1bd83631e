/* ours only
 *
 * The atomic operations that Intel's compilers call. Each is compared with C's operator. Then
 * four threads hammer a variable: all with the same value, so that the variable takes the same
 * values in every order of the operations. Those that were captured must be these.
 */
#include "../check.h"
#include <complex.h>

#define THREADS 4
#define ROUNDS 300

typedef float _Complex cmplx4;
typedef double _Complex cmplx8;

/* A sum that does not depend on the order, of numbers that depend on all bits of a value. */
static uint64_t digest(const void *value, size_t size)
{
    const unsigned char *bytes = value;
    uint64_t sum = 1469598103934665603u;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * 1099511628211u;
    return sum;
}

/*
 * Of a value, without the bytes that pad it: the long double of x86 has ten. -0 counts as 0,
 * because ways of division differ there.
 */
#define DIGEST(value)                                                                    \
    ({                                                                                   \
        __typeof__(value) v = (__typeof__(value)) ((value) + (__typeof__(value)) 0);     \
        _Generic(v,                                                                      \
            long double: digest(&v, 10),                                                 \
            long double _Complex: digest(&v, 10) * 3 + digest((char *) &v + 16, 10),     \
            default: digest(&v, sizeof v));                                              \
    })

/* Hammers an operation that captures: `call` answers in `got`. */
#define HAMMER(type, start, expression, call)                                            \
    do {                                                                                 \
        type x = (start), chain = (start);                                               \
        uint64_t wanted = 0, found = 0;                                                  \
        for (int i = 0; i < THREADS * ROUNDS; i++) {                                     \
            type old = chain;                                                            \
            wanted += DIGEST(old);                                                       \
            chain = (type) (expression);                                                 \
        }                                                                                \
        _Pragma("omp parallel num_threads(THREADS) reduction(+ : found)")                \
        for (int i = 0; i < THREADS * ROUNDS; i++)                                       \
            if (i % omp_get_num_threads() == omp_get_thread_num()) {                     \
                type got;                                                                \
                call;                                                                    \
                found += DIGEST(got);                                                    \
            }                                                                            \
        CHECK(DIGEST(x) == DIGEST(chain), "hammered");                                   \
        CHECK(found == wanted, "captured");                                              \
    } while (0)

/* Hammers one that does not. */
#define HAMMER_PLAIN(type, start, expression, call)                                      \
    do {                                                                                 \
        type x = (start), chain = (start);                                               \
        for (int i = 0; i < THREADS * ROUNDS; i++) {                                     \
            type old = chain;                                                            \
            chain = (type) (expression);                                                 \
        }                                                                                \
        _Pragma("omp parallel num_threads(THREADS)")                                     \
        for (int i = 0; i < THREADS * ROUNDS; i++)                                       \
            if (i % omp_get_num_threads() == omp_get_thread_num())                       \
                call;                                                                    \
        CHECK(DIGEST(x) == DIGEST(chain), "hammered");                                   \
    } while (0)

/* An operation with its capturing form: all pairs of the type's values, then the hammer. */
#define PAIR(id, type, plain, captures, expression, start, with)                         \
    void __kmpc_atomic_##id##_##plain(void *, int, type *, type);                        \
    DECLARE(id, type, captures)                                                          \
    static void test_##id##_##plain(void)                                                \
    {                                                                                    \
        for (size_t i = 0; i < sizeof values_##id / sizeof *values_##id; i++)            \
            for (size_t k = 0; k < sizeof values_##id / sizeof *values_##id; k++) {      \
                volatile type first = values_##id[i], second = values_##id[k];           \
                type old = first, value = second, x = old, got;                          \
                if (SKIP_##plain(old, value))                                            \
                    continue;                                                            \
                type now = (type) (expression);                                          \
                __kmpc_atomic_##id##_##plain(NULL, 0, &x, value);                        \
                CHECK(DIGEST(x) == DIGEST(now), #id " " #plain " %zu %zu", i, k);                        \
                x = old;                                                                 \
                CALL(id, captures, x, value, got, 0);                                    \
                CHECK(DIGEST(x) == DIGEST(now) && DIGEST(got) == DIGEST(old), #id " " #plain " %zu %zu", i, k); \
                x = old;                                                                 \
                CALL(id, captures, x, value, got, 1);                                    \
                CHECK(DIGEST(x) == DIGEST(now) && DIGEST(got) == DIGEST(now), #id " " #plain " %zu %zu", i, k); \
            }                                                                            \
        type value = (with);                                                             \
        HAMMER(type, start, expression, CALL(id, captures, x, value, got, 0));           \
        HAMMER_PLAIN(type, start, expression,                                            \
                     __kmpc_atomic_##id##_##plain(NULL, 0, &x, value));                  \
    }

/* What C leaves undefined. */
#define SKIP_div(old, value) ((value) == 0)
#define SKIP_div_rev(old, value) ((old) == 0)
#define SHIFTS(by) ((by) < 0 || (by) > 7)
#define SKIP_shl(old, value) (SHIFTS(value) || (old) < 0)
#define SKIP_shr(old, value) SHIFTS(value)
#define SKIP_shl_rev(old, value) (SHIFTS(old) || (value) < 0)
#define SKIP_shr_rev(old, value) SHIFTS(old)
#define SKIP_add(old, value) 0
#define SKIP_sub(old, value) 0
#define SKIP_mul(old, value) 0
#define SKIP_sub_rev(old, value) 0
#define SKIP_max(old, value) 0
#define SKIP_min(old, value) 0
#define SKIP_andb(old, value) 0
#define SKIP_orb(old, value) 0
#define SKIP_xor(old, value) 0
#define SKIP_neqv(old, value) 0
#define SKIP_eqv(old, value) 0
#define SKIP_andl(old, value) 0
#define SKIP_orl(old, value) 0

/* The forms that answer, and that of cmplx4, which stores the answer. */
#define DECLARE(id, type, captures) type __kmpc_atomic_##id##_##captures(void *, int, type *, type, int);
#define CALL(id, captures, x, value, got, after)                                         \
    got = __kmpc_atomic_##id##_##captures(NULL, 0, &x, value, after)

#define MOVES(id, type, first, second)                                                   \
    type __kmpc_atomic_##id##_rd(void *, int, type *);                                   \
    void __kmpc_atomic_##id##_wr(void *, int, type *, type);                             \
    DECLARE_SWAP(id, type)                                                               \
    static void test_##id##_moves(void)                                                  \
    {                                                                                    \
        type one = (first), other = (second), x = one, got;                              \
        got = __kmpc_atomic_##id##_rd(NULL, 0, &x);                                      \
        CHECK(DIGEST(got) == DIGEST(one), "read");                                       \
        SWAP(id, x, other, got);                                                         \
        CHECK(DIGEST(x) == DIGEST(other) && DIGEST(got) == DIGEST(one), "swapped");      \
        __kmpc_atomic_##id##_wr(NULL, 0, &x, one);                                       \
        CHECK(DIGEST(x) == DIGEST(one), "written");                                      \
        /* Nobody sees half a value, and no value is lost. */                            \
        uint64_t in = DIGEST(x), out = 0;                                                \
        type y = one;                                                                    \
        _Pragma("omp parallel num_threads(THREADS) reduction(+ : in, out)")              \
        for (int i = 0; i < ROUNDS; i++) {                                               \
            type mine = (type) (omp_get_thread_num() + 1 + i % 3), seen;                 \
            SWAP(id, x, mine, seen);                                                     \
            in += DIGEST(mine);                                                          \
            out += DIGEST(seen);                                                         \
            __kmpc_atomic_##id##_wr(NULL, 0, &y, i & 1 ? one : other);                   \
            type read = __kmpc_atomic_##id##_rd(NULL, 0, &y);                            \
            CHECK(DIGEST(read) == DIGEST(one) || DIGEST(read) == DIGEST(other), "half"); \
        }                                                                                \
        CHECK(in == out + DIGEST(x), "lost");                                            \
    }
#define DECLARE_SWAP(id, type) type __kmpc_atomic_##id##_swp(void *, int, type *, type);
#define SWAP(id, x, value, got) got = __kmpc_atomic_##id##_swp(NULL, 0, &x, value)

#define MIXED(id, type, name, other, other_type, operator, start)                        \
    void __kmpc_atomic_##id##_##name##_##other(void *, int, type *, other_type);         \
    static void test_##id##_##name##_##other(void)                                       \
    {                                                                                    \
        volatile other_type half = (other_type) 1.5;                                     \
        other_type value = half;                                                         \
        HAMMER_PLAIN(type, start, old operator value,                                    \
                     __kmpc_atomic_##id##_##name##_##other(NULL, 0, &x, value));         \
    }

#define ARITHMETIC(id, type, one)                                                        \
    PAIR(id, type, add, add_cpt, old + value, 1, one)                                    \
    PAIR(id, type, sub, sub_cpt, old - value, 1, one)                                    \
    PAIR(id, type, mul, mul_cpt, old * value, 1, one)                                    \
    PAIR(id, type, div, div_cpt, old / value, 100, one)                                  \
    PAIR(id, type, sub_rev, sub_cpt_rev, value - old, 1, one)                            \
    PAIR(id, type, div_rev, div_cpt_rev, value / old, 1, one)
#define EXTREMA(id, type)                                                                \
    PAIR(id, type, max, max_cpt, old < value ? value : old, 1, 5)                        \
    PAIR(id, type, min, min_cpt, old > value ? value : old, 1, -5)
#define RUN_ARITHMETIC(id)                                                               \
    test_##id##_add(), test_##id##_sub(), test_##id##_mul(), test_##id##_div(),          \
    test_##id##_sub_rev(), test_##id##_div_rev(), test_##id##_moves()
#define RUN_EXTREMA(id) test_##id##_max(), test_##id##_min()

#define FIXED(id, type, unsigned_type)                                                   \
    static const type values_##id[] = { 0, 1, -1, 2, 3, 7, 5, -6, 100, -128, 127 };      \
    static const unsigned_type values_##id##u[] = { 0, 1, 2, 3, 5, 7, 100, 128, 200, 255 }; \
    ARITHMETIC(id, type, 3)                                                              \
    EXTREMA(id, type)                                                                    \
    MOVES(id, type, 90, -91)                                                             \
    MIXED(id, type, mul, float8, double, *, 0)                                           \
    MIXED(id, type, div, float8, double, /, 111)                                         \
    PAIR(id, type, andb, andb_cpt, old & value, 127, 3)                                  \
    PAIR(id, type, orb, orb_cpt, old | value, 1, 6)                                      \
    PAIR(id, type, xor, xor_cpt, old ^ value, 1, 6)                                      \
    PAIR(id, type, neqv, neqv_cpt, old ^ value, 1, 6)                                    \
    PAIR(id, type, eqv, eqv_cpt, ~(old ^ value), 1, 6)                                   \
    PAIR(id, type, andl, andl_cpt, old && value, 1, 6)                                   \
    PAIR(id, type, orl, orl_cpt, old || value, 0, 6)                                     \
    PAIR(id, type, shl, shl_cpt, old << value, 1, 0)                                     \
    PAIR(id, type, shr, shr_cpt, old >> value, 100, 1)                                   \
    PAIR(id, type, shl_rev, shl_cpt_rev, value << old, 1, 0)                             \
    PAIR(id, type, shr_rev, shr_cpt_rev, value >> old, 1, 5)                             \
    PAIR(id##u, unsigned_type, div, div_cpt, old / value, 250, 3)                        \
    PAIR(id##u, unsigned_type, shr, shr_cpt, old >> value, 250, 1)                       \
    PAIR(id##u, unsigned_type, div_rev, div_cpt_rev, value / old, 1, 200)                \
    PAIR(id##u, unsigned_type, shr_rev, shr_cpt_rev, value >> old, 1, 5)
#define RUN_FIXED(id)                                                                    \
    RUN_ARITHMETIC(id), RUN_EXTREMA(id), test_##id##_mul_float8(),                       \
    test_##id##_div_float8(), test_##id##_andb(), test_##id##_orb(), test_##id##_xor(),  \
    test_##id##_neqv(), test_##id##_eqv(), test_##id##_andl(), test_##id##_orl(),        \
    test_##id##_shl(), test_##id##_shr(), test_##id##_shl_rev(), test_##id##_shr_rev(),  \
    test_##id##u_div(), test_##id##u_shr(), test_##id##u_div_rev(), test_##id##u_shr_rev()

#if __GNUC__
/* What the macros say of types that it does not fit. */
#pragma GCC diagnostic ignored "-Wtype-limits"
#endif

FIXED(fixed1, int8_t, uint8_t)
FIXED(fixed2, int16_t, uint16_t)
FIXED(fixed4, int32_t, uint32_t)
FIXED(fixed8, int64_t, uint64_t)

#define FLOAT(id, type)                                                                  \
    static const type values_##id[] = { 0, 1, -1.5, 2.25, 1e9, -3e-7, 7 };               \
    ARITHMETIC(id, type, 1.25)                                                           \
    EXTREMA(id, type)                                                                    \
    MOVES(id, type, 90.5, -91.25e10)
FLOAT(float4, float)
FLOAT(float8, double)
MIXED(float4, float, add, float8, double, +, 1)
MIXED(float4, float, sub, float8, double, -, 1)
MIXED(float4, float, mul, float8, double, *, 1)
MIXED(float4, float, div, float8, double, /, 1)

/* Quotients of these are exact, so that they do not depend on the way of division. */
#define COMPLEX(id, type)                                                                \
    static const type values_##id[] = { 0, 1, -2 + 2 * I, 1 - I, 4 * I, -0.5 };          \
    ARITHMETIC(id, type, 1 + I)                                                          \
    MOVES(id, type, 90.5 + I, -91.25e10 - 7 * I)
COMPLEX(cmplx8, cmplx8)

#if defined(__x86_64__)
typedef long double float10;
typedef long double _Complex cmplx10;
FLOAT(float10, float10)
COMPLEX(cmplx10, cmplx10)
#endif

#undef DECLARE
#undef CALL
#undef DECLARE_SWAP
#undef SWAP
#define DECLARE(id, type, captures)                                                      \
    void __kmpc_atomic_##id##_##captures(void *, int, type *, type, type *, int);
#define CALL(id, captures, x, value, got, after)                                         \
    __kmpc_atomic_##id##_##captures(NULL, 0, &x, value, &got, after)
#define DECLARE_SWAP(id, type)                                                           \
    void __kmpc_atomic_##id##_swp(void *, int, type *, type, type *);
#define SWAP(id, x, value, got) __kmpc_atomic_##id##_swp(NULL, 0, &x, value, &got)
COMPLEX(cmplx4, cmplx4)
MIXED(cmplx4, cmplx4, add, cmplx8, cmplx8, +, 1)
MIXED(cmplx4, cmplx4, sub, cmplx8, cmplx8, -, 1)
MIXED(cmplx4, cmplx4, mul, cmplx8, cmplx8, *, 1)
MIXED(cmplx4, cmplx4, div, cmplx8, cmplx8, /, 1)

/* ---- Compare and exchange ---- */

#define CAS(bytes, type)                                                                 \
    bool __kmpc_atomic_bool_##bytes##_cas(void *, int, type *, type, type);              \
    type __kmpc_atomic_val_##bytes##_cas(void *, int, type *, type, type);               \
    bool __kmpc_atomic_bool_##bytes##_cas_cpt(void *, int, type *, type, type, type *);  \
    type __kmpc_atomic_val_##bytes##_cas_cpt(void *, int, type *, type, type, type *);   \
    static void test_cas_##bytes(void)                                                   \
    {                                                                                    \
        type x = 5, to = 77;                                                             \
        CHECK(!__kmpc_atomic_bool_##bytes##_cas(NULL, 0, &x, 4, 9) && x == 5, "bool");   \
        CHECK(__kmpc_atomic_bool_##bytes##_cas(NULL, 0, &x, 5, -9) && x == -9, "bool");  \
        CHECK(__kmpc_atomic_val_##bytes##_cas(NULL, 0, &x, 5, 6) == -9 && x == -9, "val"); \
        CHECK(__kmpc_atomic_val_##bytes##_cas(NULL, 0, &x, -9, 6) == -9 && x == 6, "val"); \
        CHECK(__kmpc_atomic_bool_##bytes##_cas_cpt(NULL, 0, &x, 6, 7, &to), "bool");     \
        CHECK(x == 7 && to == 77, "bool cpt");                                           \
        CHECK(!__kmpc_atomic_bool_##bytes##_cas_cpt(NULL, 0, &x, 6, 8, &to), "bool");    \
        CHECK(x == 7 && to == 7, "bool cpt");                                            \
        CHECK(__kmpc_atomic_val_##bytes##_cas_cpt(NULL, 0, &x, 7, 8, &to) == 7, "val");  \
        CHECK(x == 8 && to == 8, "val cpt");                                             \
        CHECK(__kmpc_atomic_val_##bytes##_cas_cpt(NULL, 0, &x, 7, 9, &to) == 8, "val");  \
        CHECK(x == 8 && to == 8, "val cpt");                                             \
        x = 0;                                                                           \
        _Pragma("omp parallel num_threads(THREADS)")                                     \
        for (int i = 0; i < 25; i++) {                                                   \
            type old = 0, seen;                                                          \
            while ((seen = __kmpc_atomic_val_##bytes##_cas(NULL, 0, &x, old,             \
                                                           (type) (old + 1))) != old)    \
                old = seen;                                                              \
        }                                                                                \
        CHECK(x == 25 * team, "hammered");                                               \
    }
static int team = THREADS;
CAS(1, int8_t)
CAS(2, int16_t)
CAS(4, int32_t)
CAS(8, int64_t)

/* ---- By a function ---- */

#define BYTES(n)                                                                         \
    void __kmpc_atomic_##n(void *, int, void *, void *, void (*)(void *, void *, void *)); \
    static void add_##n(void *to, void *old, void *value)                                \
    {                                                                                    \
        for (int i = 0; i < n; i++)                                                      \
            ((unsigned char *) to)[i] =                                                  \
                (unsigned char) (((unsigned char *) old)[i] + ((unsigned char *) value)[i]); \
    }                                                                                    \
    static void test_bytes_##n(void)                                                     \
    {                                                                                    \
        _Alignas(16) unsigned char x[n] = { 0 }, value[n];                               \
        for (int i = 0; i < n; i++)                                                      \
            value[i] = (unsigned char) (i + 1);                                          \
        _Pragma("omp parallel num_threads(THREADS)")                                     \
        for (int i = 0; i < ROUNDS; i++)                                                 \
            __kmpc_atomic_##n(NULL, 0, x, value, add_##n);                               \
        for (int i = 0; i < n; i++)                                                      \
            CHECK(x[i] == (unsigned char) ((i + 1) * ROUNDS * team), "byte %d", i);      \
    }
BYTES(1)
BYTES(2)
BYTES(4)
BYTES(8)
BYTES(10)
BYTES(16)
BYTES(20)
BYTES(32)

void __kmpc_atomic_start(void);
void __kmpc_atomic_end(void);
void GOMP_atomic_start(void);
void GOMP_atomic_end(void);

/* Whatever compiler made the code, the operations exclude each other. */
static void test_lock(void)
{
    int number = 0;
    cmplx8 sum = 0;
    #pragma omp parallel num_threads(THREADS)
    for (int i = 0; i < ROUNDS; i++) {
        __kmpc_atomic_start();
        number++;
        __kmpc_atomic_end();
        GOMP_atomic_start();
        number++;
        sum += 1;
        GOMP_atomic_end();
        __kmpc_atomic_cmplx8_add(NULL, 0, &sum, 1 + I);
    }
    CHECK(number == 2 * ROUNDS * team, "%d", number);
    CHECK(creal(sum) == 2.0 * ROUNDS * team && cimag(sum) == 1.0 * ROUNDS * team, "sum");
}

int main(void)
{
    omp_set_dynamic(0);
    #pragma omp parallel num_threads(THREADS)
    #pragma omp single
    team = omp_get_num_threads();
    RUN_FIXED(fixed1);
    RUN_FIXED(fixed2);
    RUN_FIXED(fixed4);
    RUN_FIXED(fixed8);
    RUN_ARITHMETIC(float4), RUN_EXTREMA(float4);
    RUN_ARITHMETIC(float8), RUN_EXTREMA(float8);
    test_float4_add_float8(), test_float4_sub_float8();
    test_float4_mul_float8(), test_float4_div_float8();
    RUN_ARITHMETIC(cmplx4);
    test_cmplx4_add_cmplx8(), test_cmplx4_sub_cmplx8();
    test_cmplx4_mul_cmplx8(), test_cmplx4_div_cmplx8();
    RUN_ARITHMETIC(cmplx8);
#if defined(__x86_64__)
    RUN_ARITHMETIC(float10), RUN_EXTREMA(float10);
    RUN_ARITHMETIC(cmplx10);
#endif
    test_cas_1(), test_cas_2(), test_cas_4(), test_cas_8();
    test_bytes_1(), test_bytes_2(), test_bytes_4(), test_bytes_8();
    test_bytes_10(), test_bytes_16(), test_bytes_20(), test_bytes_32();
    test_lock();
    return 0;
}
