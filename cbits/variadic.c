/*
 * Entry points of libgomp's ABI that take one argument for each dimension of a loop.
 * They put the arguments into an array and call rust/src/abi/gomp/doacross.rs.
 */
#include <stdarg.h>
#include <stdint.h>

unsigned ghcomp_doacross_dimensions(void);
void ghcomp_doacross_wait(const uint64_t *iteration);

#define FRONT(name, integer)                                                  \
    __attribute__((visibility("default"))) void name(integer first, ...)      \
    {                                                                         \
        unsigned dimensions = ghcomp_doacross_dimensions();                   \
        uint64_t iteration[dimensions > 0 ? dimensions : 1];                  \
        va_list rest;                                                         \
                                                                              \
        iteration[0] = (uint64_t) first;                                      \
        va_start(rest, first);                                                \
        for (unsigned i = 1; i < dimensions; i++)                             \
            iteration[i] = (uint64_t) va_arg(rest, integer);                  \
        va_end(rest);                                                         \
        ghcomp_doacross_wait(iteration);                                      \
    }

/* Waits for an iteration, given by one number for each dimension. */
FRONT(GOMP_doacross_wait, long)

/* The same in a loop over unsigned long long. */
FRONT(GOMP_doacross_ull_wait, unsigned long long)
