/*
 * Quicksort with a task per part, as in Quicksort.hs.
 */
static void swap(long *a, long *b)
{
    long x = *a;
    *a = *b;
    *b = x;
}

/* Swaps values until none before the result is larger than the middle one and
 * none from there on is smaller.  Neither part is empty.  n is 2 or more. */
static long partition(long n, long *v)
{
    long pivot = v[(n - 1) / 2], i = -1, j = n;
    for (;;) {
        do
            i++;
        while (v[i] < pivot);
        do
            j--;
        while (v[j] > pivot);
        if (i >= j)
            return j + 1;
        swap(&v[i], &v[j]);
    }
}

void quicksort_sequential(long n, long *v)
{
    if (n < 2)
        return;
    long left = partition(n, v);
    quicksort_sequential(left, v);
    quicksort_sequential(n - left, v + left);
}

/* Makes one task for each part of more than cut_off values.  The barrier at the
 * region's end waits for the tasks. */
static void sort_part(long cut_off, long n, long *v)
{
    if (n <= cut_off) {
        quicksort_sequential(n, v);
        return;
    }
    long left = partition(n, v);
#pragma omp task firstprivate(cut_off, left, v)
    sort_part(cut_off, left, v);
    sort_part(cut_off, n - left, v + left);
}

/* cut_off is 1 or more. */
void quicksort_tasks(long cut_off, long n, long *v)
{
#pragma omp parallel
#pragma omp single
    sort_part(cut_off, n, v);
}
