/*
 * Atomic operations that Intel's compilers call (LLVM ABI: `__kmpc_atomic_TYPE_OPERATION`).
 * In C, because Rust has no `long double` and no complex numbers.
 *
 * All get a location and the calling thread's number first, which are not used. Then:
 *
 * | ending      | arguments       | does                                             |
 * |-------------|-----------------|--------------------------------------------------|
 * | none        | x, value        | *x = *x OP value                                 |
 * | `_rev`      | x, value        | *x = value OP *x                                 |
 * | `_cpt`      | x, value, after | the same as none, and answers *x from before the |
 * | `_cpt_rev`  |                 | operation, or from after it if `after` is not 0  |
 * | `_float8`, `_cmplx8` | x, value | as none, with a value of that type             |
 * | `_rd`       | x               | answers *x                                       |
 * | `_wr`       | x, value        | *x = value                                       |
 * | `_swp`      | x, value        | *x = value, and answers the old *x               |
 *
 * Entries for `cmplx4` that answer something but `_rd` write the answer to one more address.
 *
 * Types of 1, 2, 4, 8 bytes: without a lock. They order as the C standard's seq_cst does,
 * which LLVM's runtime grants on x86. The others, and `cmplx4`, whose alignment is only 4:
 * within the lock of GOMP_atomic_start, because gcc uses that lock for these types, and a
 * variable may be shared with code that gcc built.
 *
 * The file is compiled for size, with -fwrapv: integers overflow as the processor's do.
 */
#include <stdint.h>

#define ENTRY __attribute__((visibility("default")))
/* A body that another entry calls: one copy of it is enough. */
#define BODY ENTRY __attribute__((noinline))
#define HERE const void *location, int32_t thread
#define UNUSED (void) location, (void) thread
#define NAME(id, ending) __kmpc_atomic_##id##_##ending

void GOMP_atomic_start(void);
void GOMP_atomic_end(void);

/* ---- Types without a lock. `word` is the integer of the type's size. ---- */

/* Makes the new value from `old` and `value` until no other thread is in between. Two
 * more names in the body: `before`, `now`: the old and the new value. */
#define LOOP(type, word, expression, stops)                                             \
    union { type number; word bits; } before, now;                                      \
    before.bits = __atomic_load_n((word *) x, __ATOMIC_RELAXED);                        \
    do {                                                                                \
        type old = before.number;                                                       \
        now = before;                                                                   \
        if (stops)                                                                      \
            break;                                                                      \
        now.number = (type) (expression);                                               \
    } while (!__atomic_compare_exchange_n((word *) x, &before.bits, now.bits, 0,        \
                                          __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))

/* An operation with its capturing form. */
#define PAIR(id, type, word, plain, captures, expression, stops)                        \
    BODY type NAME(id, captures)(HERE, type *x, type value, int32_t after)              \
    {                                                                                   \
        UNUSED;                                                                         \
        LOOP(type, word, expression, stops);                                            \
        return after ? now.number : before.number;                                      \
    }                                                                                   \
    ENTRY void NAME(id, plain)(HERE, type *x, type value)                               \
    {                                                                                   \
        NAME(id, captures)(location, thread, x, value, 0);                              \
    }

#define OPERATION(id, type, word, name, expression)                                     \
    PAIR(id, type, word, name, name##_cpt, expression, 0)
#define REVERSED(id, type, word, name, expression)                                      \
    PAIR(id, type, word, name##_rev, name##_cpt_rev, expression, 0)
#define EXTREMUM(id, type, word, name, stops)                                           \
    PAIR(id, type, word, name, name##_cpt, value, stops)

/* An operation with a value of another type. */
#define MIXED(id, type, word, name, other, other_type, operator)                        \
    ENTRY void NAME(id, name##_##other)(HERE, type *x, other_type value)                \
    {                                                                                   \
        UNUSED;                                                                         \
        LOOP(type, word, old operator value, 0);                                        \
    }

#define MOVES(id, type, word)                                                           \
    ENTRY type NAME(id, rd)(HERE, type *x)                                              \
    {                                                                                   \
        type found;                                                                     \
        UNUSED;                                                                         \
        __atomic_load(x, &found, __ATOMIC_SEQ_CST);                                     \
        return found;                                                                   \
    }                                                                                   \
    BODY type NAME(id, swp)(HERE, type *x, type value)                                  \
    {                                                                                   \
        type old;                                                                       \
        UNUSED;                                                                         \
        __atomic_exchange(x, &value, &old, __ATOMIC_SEQ_CST);                           \
        return old;                                                                     \
    }                                                                                   \
    ENTRY void NAME(id, wr)(HERE, type *x, type value)                                  \
    {                                                                                   \
        NAME(id, swp)(location, thread, x, value);                                      \
    }

/* Numbers of both kinds. */
#define NUMBERS(id, type, word)                                                         \
    MOVES(id, type, word)                                                               \
    OPERATION(id, type, word, add, old + value)                                         \
    OPERATION(id, type, word, sub, old - value)                                         \
    OPERATION(id, type, word, mul, old * value)                                         \
    OPERATION(id, type, word, div, old / value)                                         \
    REVERSED(id, type, word, sub, value - old)                                          \
    REVERSED(id, type, word, div, value / old)                                          \
    EXTREMUM(id, type, word, max, !(old < value))                                       \
    EXTREMUM(id, type, word, min, !(old > value))                                       \
    MIXED(id, type, word, mul, float8, double, *)                                       \
    MIXED(id, type, word, div, float8, double, /)

#define FIXED(id, type, unsigned_type)                                                  \
    NUMBERS(id, type, unsigned_type)                                                    \
    OPERATION(id, type, unsigned_type, andb, old & value)                               \
    OPERATION(id, type, unsigned_type, orb, old | value)                                \
    OPERATION(id, type, unsigned_type, xor, old ^ value)                                \
    OPERATION(id, type, unsigned_type, neqv, old ^ value)                               \
    OPERATION(id, type, unsigned_type, eqv, old ^ ~value)                               \
    OPERATION(id, type, unsigned_type, andl, old && value)                              \
    OPERATION(id, type, unsigned_type, orl, old || value)                               \
    OPERATION(id, type, unsigned_type, shl, old << value)                               \
    OPERATION(id, type, unsigned_type, shr, old >> value)                               \
    REVERSED(id, type, unsigned_type, shl, value << old)                                \
    REVERSED(id, type, unsigned_type, shr, value >> old)                                \
    OPERATION(id##u, unsigned_type, unsigned_type, div, old / value)                    \
    OPERATION(id##u, unsigned_type, unsigned_type, shr, old >> value)                   \
    REVERSED(id##u, unsigned_type, unsigned_type, div, value / old)                     \
    REVERSED(id##u, unsigned_type, unsigned_type, shr, value >> old)

FIXED(fixed1, int8_t, uint8_t)
FIXED(fixed2, int16_t, uint16_t)
FIXED(fixed4, int32_t, uint32_t)
FIXED(fixed8, int64_t, uint64_t)

NUMBERS(float4, float, uint32_t)
MIXED(float4, float, uint32_t, add, float8, double, +)
MIXED(float4, float, uint32_t, sub, float8, double, -)

/* float8 has no values of a larger type. */
#undef MIXED
#define MIXED(id, type, word, name, other, other_type, operator)
NUMBERS(float8, double, uint64_t)

/* Compares and exchanges: `bool` answers whether *x was `expected`, `val` the old *x. The
 * capturing forms write the old *x (`bool`, if it was something else) or the new *x
 * (`val`) to `to`. */
#define CAS(bytes, type)                                                                \
    BODY type NAME(val, bytes##_cas)(HERE, type *x, type expected, type desired)        \
    {                                                                                   \
        UNUSED;                                                                         \
        __atomic_compare_exchange_n(x, &expected, desired, 0, __ATOMIC_SEQ_CST,         \
                                    __ATOMIC_SEQ_CST);                                  \
        return expected;                                                                \
    }                                                                                   \
    ENTRY _Bool NAME(bool, bytes##_cas)(HERE, type *x, type expected, type desired)     \
    {                                                                                   \
        return NAME(val, bytes##_cas)(location, thread, x, expected, desired) == expected; \
    }                                                                                   \
    ENTRY type NAME(val, bytes##_cas_cpt)(HERE, type *x, type expected, type desired,   \
                                          type *to)                                     \
    {                                                                                   \
        type old = NAME(val, bytes##_cas)(location, thread, x, expected, desired);      \
        *to = old == expected ? desired : old;                                          \
        return old;                                                                     \
    }                                                                                   \
    ENTRY _Bool NAME(bool, bytes##_cas_cpt)(HERE, type *x, type expected, type desired, \
                                            type *to)                                   \
    {                                                                                   \
        type old = NAME(val, bytes##_cas)(location, thread, x, expected, desired);      \
        if (old != expected)                                                            \
            *to = old;                                                                  \
        return old == expected;                                                         \
    }

CAS(1, int8_t)
CAS(2, int16_t)
CAS(4, int32_t)
CAS(8, int64_t)

/* ---- Types within the lock. ---- */

/* *x = expression, in which `old` is the old *x. */
#define WITHIN(type, expression)                                                        \
    type old, now;                                                                      \
    UNUSED;                                                                             \
    GOMP_atomic_start();                                                                \
    old = *x;                                                                           \
    *x = now = (type) (expression);                                                     \
    GOMP_atomic_end()

#define LOCKED(id, type, plain, captures, expression)                                   \
    BODY type NAME(id, captures)(HERE, type *x, type value, int32_t after)              \
    {                                                                                   \
        WITHIN(type, expression);                                                       \
        return after ? now : old;                                                       \
    }                                                                                   \
    ENTRY void NAME(id, plain)(HERE, type *x, type value)                               \
    {                                                                                   \
        NAME(id, captures)(location, thread, x, value, 0);                              \
    }

#define LOCKED_READ(id, type)                                                           \
    ENTRY type NAME(id, rd)(HERE, type *x)                                              \
    {                                                                                   \
        type found;                                                                     \
        UNUSED;                                                                         \
        GOMP_atomic_start();                                                            \
        found = *x;                                                                     \
        GOMP_atomic_end();                                                              \
        return found;                                                                   \
    }

#define LOCKED_MOVES(id, type)                                                          \
    LOCKED_READ(id, type)                                                               \
    BODY type NAME(id, swp)(HERE, type *x, type value)                                  \
    {                                                                                   \
        WITHIN(type, value);                                                            \
        (void) now;                                                                     \
        return old;                                                                     \
    }                                                                                   \
    ENTRY void NAME(id, wr)(HERE, type *x, type value)                                  \
    {                                                                                   \
        NAME(id, swp)(location, thread, x, value);                                      \
    }

#define LOCKED_NUMBERS(id, type)                                                        \
    LOCKED_MOVES(id, type)                                                              \
    LOCKED(id, type, add, add_cpt, old + value)                                         \
    LOCKED(id, type, sub, sub_cpt, old - value)                                         \
    LOCKED(id, type, mul, mul_cpt, old * value)                                         \
    LOCKED(id, type, div, div_cpt, old / value)                                         \
    LOCKED(id, type, sub_rev, sub_cpt_rev, value - old)                                 \
    LOCKED(id, type, div_rev, div_cpt_rev, value / old)

LOCKED_NUMBERS(cmplx8, double _Complex)

/* As in LLVM's runtime, only x86 has entries for its `long double`. */
#if defined(__x86_64__) || defined(__i386__)
LOCKED_NUMBERS(float10, long double)
LOCKED(float10, long double, max, max_cpt, old < value ? value : old)
LOCKED(float10, long double, min, min_cpt, old > value ? value : old)
LOCKED_NUMBERS(cmplx10, long double _Complex)
#endif

/* cmplx4: the answer goes to `to`. */
#define LOCKED4(plain, captures, expression)                                            \
    BODY void NAME(cmplx4, captures)(HERE, float _Complex *x, float _Complex value,     \
                                     float _Complex *to, int32_t after)                 \
    {                                                                                   \
        WITHIN(float _Complex, expression);                                             \
        *to = after ? now : old;                                                        \
    }                                                                                   \
    ENTRY void NAME(cmplx4, plain)(HERE, float _Complex *x, float _Complex value)       \
    {                                                                                   \
        float _Complex nobody_wants_it;                                                 \
        NAME(cmplx4, captures)(location, thread, x, value, &nobody_wants_it, 0);        \
    }

LOCKED_READ(cmplx4, float _Complex)
LOCKED4(add, add_cpt, old + value)
LOCKED4(sub, sub_cpt, old - value)
LOCKED4(mul, mul_cpt, old * value)
LOCKED4(div, div_cpt, old / value)
LOCKED4(sub_rev, sub_cpt_rev, value - old)
LOCKED4(div_rev, div_cpt_rev, value / old)

BODY void NAME(cmplx4, swp)(HERE, float _Complex *x, float _Complex value,
                            float _Complex *to)
{
    WITHIN(float _Complex, value);
    (void) now;
    *to = old;
}

ENTRY void NAME(cmplx4, wr)(HERE, float _Complex *x, float _Complex value)
{
    float _Complex nobody_wants_it;
    NAME(cmplx4, swp)(location, thread, x, value, &nobody_wants_it);
}

/* With a value of the larger type. */
#define LOCKED4_MIXED(name, operator)                                                   \
    ENTRY void NAME(cmplx4, name##_cmplx8)(HERE, float _Complex *x,                     \
                                           double _Complex value)                       \
    {                                                                                   \
        WITHIN(float _Complex, old operator value);                                     \
        (void) now;                                                                     \
    }

LOCKED4_MIXED(add, +)
LOCKED4_MIXED(sub, -)
LOCKED4_MIXED(mul, *)
LOCKED4_MIXED(div, /)
