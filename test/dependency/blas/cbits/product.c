#include <dirent.h>
#include <dlfcn.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>

typedef void dgemm(int order, int trans_a, int trans_b, int m, int n, int k, double alpha,
                   const double *a, int lda, const double *b, int ldb, double beta,
                   double *c, int ldc);
#ifdef LATE
static dgemm *product(void)
{
    return (dgemm *)dlsym(dlopen(getenv("OPENBLAS"), RTLD_NOW | RTLD_LOCAL), "cblas_dgemm");
}
#else
dgemm cblas_dgemm;
static dgemm *product(void)
{
    return cblas_dgemm;
}
#endif

/* How many threads a region of n gets. */
int blas_team(int n)
{
    int team = 0;
#pragma omp parallel num_threads(n)
#pragma omp single
    team = omp_get_num_threads();
    return team;
}

/* How many OS threads the process has. */
int blas_threads(void)
{
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(tasks));)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

/* 1 if OpenBLAS's product of two n x n matrices is that of our own loop. */
int blas_right(int n)
{
    double *a = malloc(sizeof(double[n][n])), *b = malloc(sizeof(double[n][n])),
           *c = malloc(sizeof(double[n][n])), worst = 0;
#pragma omp parallel for
    for (int i = 0; i < n * n; i++) {
        a[i] = i % 7 - 3;
        b[i] = i % 11 - 5;
    }
    product()(101, 111, 111, n, n, n, 1.0, a, n, b, n, 0.0, c, n);
#pragma omp parallel for reduction(max : worst)
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int k = 0; k < n; k++)
                sum += a[i * n + k] * b[k * n + j];
            worst = fmax(worst, fabs(sum - c[i * n + j]));
        }
    free(a);
    free(b);
    free(c);
    return worst < 1e-6;
}
