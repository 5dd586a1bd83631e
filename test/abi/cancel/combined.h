/*
 * The compiler warns of `cancel` in combined constructs as in ones with
 * `nowait`, by no option's name; but not in a system's header.
 */
#pragma GCC system_header

static void combined(int stop)
{
#pragma omp parallel for
    for (int i = 0; i < 1000; i++) {
#pragma omp cancel for if (i >= stop)
        hits[i]++;
    }
    at_most_once(stop);
#pragma omp parallel for schedule(dynamic, 5)
    for (int i = 0; i < 1000; i++) {
#pragma omp cancel for if (i >= stop)
        hits[i]++;
    }
    at_most_once(stop);
#pragma omp parallel for collapse(2) schedule(guided)
    for (unsigned long long i = 0; i < 10; i++)
        for (int j = 0; j < 100; j++) {
            int at = (int)i * 100 + j;
#pragma omp cancel for if (at >= stop)
            hits[at]++;
        }
    at_most_once(stop);
}

static void combined_sections(void)
{
    int ran = 0;
#pragma omp parallel sections
    {
#pragma omp section
        {
#pragma omp cancel sections
        }
#pragma omp section
#pragma omp atomic
        ran++;
    }
    CHECK(ran <= 1, "%d", ran);
}
