/*
 * The few MPI functions that the two programs use, without the macros that
 * mpi.h has for its handles.  MPI's own error handler ends all processes, so
 * these functions return no error codes.
 */
#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static int length(long n)
{
    if (n < 0 || n > INT_MAX) {
        fprintf(stderr, "mpi_calls: %ld values in one message\n", n);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    return (int)n;
}

/* Only the thread that calls this may call MPI later (MPI_THREAD_FUNNELED).
 * Returns 1 if this MPI tolerates other threads beside it. */
int mpi_start(void)
{
    int level;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level);
    return level >= MPI_THREAD_FUNNELED;
}

void mpi_end(void)
{
    MPI_Finalize();
}

/* Ends all processes. */
void mpi_abort(void)
{
    MPI_Abort(MPI_COMM_WORLD, 1);
}

/* This process's number, from 0. */
int mpi_rank(void)
{
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

/* How many there are. */
int mpi_size(void)
{
    int size;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    return size;
}

/* The sum over all processes, in all of them. */
double mpi_sum(double x)
{
    double sum;
    MPI_Allreduce(&x, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    return sum;
}

long mpi_sum_long(long x)
{
    long sum;
    MPI_Allreduce(&x, &sum, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
    return sum;
}

/* Sends n values to one process and receives n values from another.  A rank of -1
 * means no process: nothing is sent, or nothing is written. */
void mpi_exchange(long n, const double *out, int to, double *in, int from)
{
    MPI_Sendrecv(out, length(n), MPI_DOUBLE, to < 0 ? MPI_PROC_NULL : to, 0,
                 in, length(n), MPI_DOUBLE, from < 0 ? MPI_PROC_NULL : from, 0,
                 MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

/* Collects every process's n values in rank 0, in the order of the ranks. */
void mpi_gather(long n, const double *mine, double *all)
{
    int rank = mpi_rank(), size = mpi_size(), mine_long = length(n);
    int *counts = calloc((size_t)size, sizeof *counts), *starts = calloc((size_t)size, sizeof *starts);
    if (!counts || !starts)
        MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Gather(&mine_long, 1, MPI_INT, counts, 1, MPI_INT, 0, MPI_COMM_WORLD);
    for (int i = 1; rank == 0 && i < size; i++)
        starts[i] = length((long)starts[i - 1] + counts[i - 1]);
    MPI_Gatherv(mine, mine_long, MPI_DOUBLE, all, counts, starts, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    free(counts);
    free(starts);
}
