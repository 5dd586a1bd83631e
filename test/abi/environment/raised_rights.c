/* ours only: a program with raised rights takes little from the environment, and
 * reports nothing about it. Only root can test this, with a copy of the program that
 * belongs to another user.
 * sizes: 4
 * unwatched: nobody may look at a process with raised rights
 * not by Clang: the loader ignores LD_LIBRARY_PATH there
 */
#include "../check.h"
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { NOT_TRIED = 77 };

/* For a program with raised rights the loader uses the system's library. */
static bool is_another_library(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[5000];
    bool found = false;
    while (fgets(line, sizeof line, maps))
        found |= strstr(line, "/libgomp.so") != NULL;
    fclose(maps);
    return found;
}

static int with_raised_rights(void)
{
    if (!getauxval(AT_SECURE) || is_another_library())
        return NOT_TRIED;
    char format[100];
    omp_get_affinity_format(format, sizeof format);
    CHECK(!strcmp(format, "level %L thread %i affinity %A"), "%s", format);
    CHECK(omp_get_max_threads() == omp_get_num_procs(), "%d threads", omp_get_max_threads());
    CHECK(omp_get_max_active_levels() == 1, "%d", omp_get_max_active_levels());
    CHECK(omp_get_default_allocator() == omp_default_mem_alloc, "allocator");
    CHECK(omp_get_num_places() == 0 && omp_get_proc_bind() == omp_proc_bind_false, "places");
    CHECK(omp_get_max_teams() == 0, "%d", omp_get_max_teams());
    CHECK(omp_get_dynamic() == 0 && omp_get_cancellation() == 1, "what is taken");
    omp_sched_t kind;
    int chunk;
    omp_get_schedule(&kind, &chunk);
    CHECK(kind == omp_sched_guided && chunk == 7, "what is taken");
    int n = 0;
#pragma omp parallel reduction(+ : n)
    n++;
    CHECK(n >= 1 && n <= omp_get_num_procs(), "%d threads", n);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return with_raised_rights();
    if (geteuid() != 0)
        return 0;
    char copy[4096], command[10000], line[1000];
    snprintf(copy, sizeof copy, "%s.raised", argv[0]);
    snprintf(command, sizeof command, "cp /proc/%d/exe '%s'", (int)getpid(), copy);
    CHECK(!system(command), "%s", command);
    CHECK(!chown(copy, 65534, 65534) && !chmod(copy, 04755), "%s", copy);
    snprintf(command, sizeof command,
             "OMP_NUM_THREADS=2000000000,3 OMP_PLACES='{0}:65535:1' OMP_PROC_BIND=x OMP_DISPLAY_ENV=verbose "
             "OMP_DISPLAY_AFFINITY=true OMP_AFFINITY_FORMAT=%%1000000n OMP_STACKSIZE=1 OMP_NESTED=true "
             "OMP_ALLOCATOR=omp_default_mem_space:pinned=true OMP_NUM_TEAMS=2000000000 OMP_WAIT_POLICY=x "
             "OMP_MAX_ACTIVE_LEVELS=200 OMP_DYNAMIC=false OMP_CANCELLATION=true OMP_SCHEDULE=guided,7 "
             "OMP_TARGET_OFFLOAD=mandatory GOMP_SPINCOUNT=infinite GHCOMP_TRACE=all KMP_VERSION=1 KMP_BLOCKTIME=x "
             "KMP_AFFINITY=verbose,x KMP_HW_SUBSET=9s KMP_SETTINGS=1 '%s' again 2>&1",
             copy);
    FILE *said = popen(command, "r");
    bool silent = true;
    while (fgets(line, sizeof line, said)) {
        silent = false;
        fputs(line, stderr);
    }
    int status = pclose(said);
    unlink(copy);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_TRIED)
        return 0;
    CHECK(status == 0, "status %#x", status);
    CHECK(silent, "it says something");
    return 0;
}
