/* Limits the teams of every OpenMP library of the process as threadpoolctl does:
   it goes by the real names of the loaded files, and opens each once more. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int limited;

static int limit(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size, (void)data;
    char path[PATH_MAX];
    if (!realpath(info->dlpi_name, path))
        return 0;
    const char *name = strrchr(path, '/') + 1;
    if (strncmp(name, "libgomp", 7))
        return 0;
    void *library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    void (*set_num_threads)(int) = library ? (void (*)(int))dlsym(library, "omp_set_num_threads") : 0;
    if (set_num_threads) {
        set_num_threads(1);
        limited++;
    }
    return 0;
}

static int team(void)
{
    int size = 0;
#pragma omp parallel
#pragma omp single
    size = omp_get_num_threads();
    return size;
}

int main(void)
{
    int before = team();
    dl_iterate_phdr(limit, 0);
    int after = team();
    if (before != 4 || limited != 1 || after != 1) {
        fprintf(stderr, "%d threads, %d libraries limited, then %d threads\n", before, limited, after);
        return 1;
    }
    return 0;
}
