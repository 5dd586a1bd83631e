/*
 * OpenBLAS's OpenMP build.  The demo loads it at run time, so that the demo also
 * runs where OpenBLAS is not installed.  OpenBLAS's calls of GOMP_parallel find our
 * runtime, because the program defines that symbol.
 */
#include <dlfcn.h>
#include <stddef.h>

typedef void cblas_dgemm_t(int, int, int, int, int, int, double, const double *, int,
                           const double *, int, double, double *, int);

static cblas_dgemm_t *cblas_dgemm;

/* 1 if OpenBLAS's OpenMP build is there */
int blas_load(void)
{
    static const char *const names[] = {
        "/usr/lib/x86_64-linux-gnu/openblas-openmp/libopenblas.so.0",
        "/usr/lib/aarch64-linux-gnu/openblas-openmp/libopenblas.so.0",
        "libopenblaso.so.0",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names && !cblas_dgemm; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (library)
            *(void **)&cblas_dgemm = dlsym(library, "cblas_dgemm");
    }
    return cblas_dgemm != NULL;
}

/* c = a * b; all are n x n, row after row */
void blas_dgemm(long n, const double *a, const double *b, double *c)
{
    enum { row_major = 101, no_transpose = 111 };
    int m = (int)n;
    cblas_dgemm(row_major, no_transpose, no_transpose, m, m, m, 1.0, a, m, b, m, 0.0, c, m);
}
