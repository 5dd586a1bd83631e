/* ours only
 * If threads cannot be made, teams are smaller: one warning, no growing memory, and full
 * teams again when there is room. libgomp ends the process.
 * env: OMP_STACKSIZE=1G
 * sizes: 3 8
 * prints: could be had
 * stress: 50
 * unwatched: valgrind and LeakSanitizer need what is scarce here
 */
#include "../check.h"
#include "../status.h"
#include <sys/resource.h>

static void limit(rlim_t bytes)
{
    struct rlimit now;
    getrlimit(RLIMIT_AS, &now);
    now.rlim_cur = bytes > now.rlim_max ? now.rlim_max : bytes;
    CHECK(setrlimit(RLIMIT_AS, &now) == 0, "setrlimit");
}

static int region(int size)
{
    int n = 0;
#pragma omp parallel num_threads(size) reduction(+ : n)
    n++;
    CHECK(n >= 1 && n <= size, "%d threads", n);
    return n;
}

static int nested(int size)
{
    int n = 0;
#pragma omp parallel num_threads(size) reduction(+ : n)
    n += region(size);
    return n;
}

/* Counts the lines on stderr, which goes to a file from now on. */
static FILE *said;

static int warnings(void)
{
    char line[512];
    int n = 0;
    rewind(said);
    while (fgets(line, sizeof line, said)) {
        n++;
        fputs(line, stdout);
    }
    return n;
}

int main(int argc, char **argv)
{
    said = tmpfile();
    CHECK(said && dup2(fileno(said), STDERR_FILENO) >= 0, "no file");
    int size = omp_get_max_threads(), regions = 2000 * (argc > 1 ? atoi(argv[1]) : 1);
    omp_set_max_active_levels(2);
    region(1);
    limit(status("VmSize:") * 1024 + (3UL << 29)); /* room for one stack */
    CHECK(region(size) <= 2, "more threads than there is room for");
    region(100);
    nested(size);
    long before = status("VmRSS:");
    for (int i = 0; i < regions; i++) {
        omp_set_dynamic(i % 4 == 0);
        region(2 + i % (size - 1) + (i % 10 == 0 ? 100 : 0));
        if (i % 16 == 0)
            nested(size);
    }
    omp_set_dynamic(0);
    long grown = status("VmRSS:") - before;
    CHECK(grown < 1024, "%ld kB more", grown);

    limit(RLIM_INFINITY);
    while (region(size) < size) /* the alarm ends this */
        usleep(10000);
    CHECK(status("Threads:") == size, "%ld threads", status("Threads:"));
    int told = warnings();
    return told != 1;
}
