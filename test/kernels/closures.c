/*
 * Kernels for test/Test/Closures.hs that call closures with the largest number of
 * arguments: six of the integer class and eight floating-point numbers.  Each kernel
 * returns the number of wrong answers.  Pointers are uint64_t here, because both are
 * passed in the same way.
 */
#include <stdint.h>

/* The kth argument of iteration i: multiples of a half, and numbers that narrow types
 * wrap. */
#define FLOATING(T) ((T)0.5 != 0)
#define VALUE(T, k) (FLOATING(T) ? (T)(3 * i + k + 0.5) : (T)(7919 * i + 1013 * k - 300000))
#define WEIGHT(T, k) (k * (FLOATING(T) ? (long)(2 * VALUE(T, k)) : (long)VALUE(T, k)))

#define VALUES(A, B, C, D, E, F, G, H, I, J, K, L, M, N)                                \
    VALUE(A, 1), VALUE(B, 2), VALUE(C, 3), VALUE(D, 4), VALUE(E, 5), VALUE(F, 6),       \
        VALUE(G, 7), VALUE(H, 8), VALUE(I, 9), VALUE(J, 10), VALUE(K, 11), VALUE(L, 12), \
        VALUE(M, 13), VALUE(N, 14)

#define WEIGHTS(A, B, C, D, E, F, G, H, I, J, K, L, M, N)                               \
    WEIGHT(A, 1) + WEIGHT(B, 2) + WEIGHT(C, 3) + WEIGHT(D, 4) + WEIGHT(E, 5) +          \
        WEIGHT(F, 6) + WEIGHT(G, 7) + WEIGHT(H, 8) + WEIGHT(I, 9) + WEIGHT(J, 10) +     \
        WEIGHT(K, 11) + WEIGHT(L, 12) + WEIGHT(M, 13) + WEIGHT(N, 14)

#define KERNEL(NAME, R, ...)                                                   \
    long closure_##NAME(R (*f)(__VA_ARGS__), long n)                           \
    {                                                                          \
        long wrong = 0;                                                        \
        _Pragma("omp parallel for num_threads(3) reduction(+ : wrong)")        \
        for (long i = 0; i < n; i++)                                           \
            wrong += f(VALUES(__VA_ARGS__)) != (R)(WEIGHTS(__VA_ARGS__));      \
        return wrong;                                                          \
    }                                                                          \
    long closure_alone_##NAME(R (*f)(__VA_ARGS__), long n)                     \
    {                                                                          \
        long wrong = 0;                                                        \
        for (long i = 0; i < n; i++)                                           \
            wrong += f(VALUES(__VA_ARGS__)) != (R)(WEIGHTS(__VA_ARGS__));      \
        return wrong;                                                          \
    }

#define BY_TURNS                                                               \
    int64_t, double, int64_t, double, int64_t, double, int64_t, double,        \
        int64_t, double, int64_t, double, double, double
#define NARROW                                                                 \
    float, double, float, double, float, double, float, double, int8_t,        \
        uint8_t, int16_t, uint16_t, int32_t, uint32_t
#define POINTERS                                                               \
    uint64_t, uint64_t, int32_t, uint64_t, int64_t, uint64_t, double, float,   \
        double, float, double, float, double, float
#define OF_C                                                                   \
    double, double, float, int8_t, uint8_t, float, int16_t, double, uint16_t,  \
        float, double, double, int64_t, uint64_t

KERNEL(double, double, BY_TURNS)
KERNEL(int64, int64_t, BY_TURNS)
KERNEL(int32, int32_t, BY_TURNS)
KERNEL(float, float, NARROW)
KERNEL(int8, int8_t, NARROW)
KERNEL(word8, uint8_t, NARROW)
KERNEL(int16, int16_t, NARROW)
KERNEL(word16, uint16_t, POINTERS)
KERNEL(pointer, uint64_t, POINTERS)
KERNEL(function, uint64_t, POINTERS)
KERNEL(word32, uint32_t, OF_C)
KERNEL(word64, uint64_t, OF_C)

/* Without a result: the closure must have made this sum. */
long closure_nothing(void (*f)(OF_C), long n)
{
    long sum = 0;
#pragma omp parallel for num_threads(3) reduction(+ : sum)
    for (long i = 0; i < n; i++) {
#define SUM(...) f(VALUES(__VA_ARGS__)), sum += WEIGHTS(__VA_ARGS__)
        SUM(OF_C);
    }
    return sum;
}

/* Without arguments. */
long closure_none(int32_t (*f)(void), long n)
{
    long sum = 0;
#pragma omp parallel for num_threads(3) reduction(+ : sum)
    for (long i = 0; i < n; i++)
        sum += f();
    return sum;
}

/* For a batch: returns the weighted sum of the arguments. */
double closure_sum(int64_t a, double b, int64_t c, double d, int64_t e, double f, int64_t g,
                   double h, int64_t i, double j, int64_t k, double l, double m, double n)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k +
           12 * l + 13 * m + 14 * n;
}
