/* ours only: libgomp hangs in the child.
 * The child of fork opens regions with full teams, after regions of the
 * parent's and from inside one. */
#include "../check.h"
#include <sys/wait.h>

static void regions(int team)
{
    int n = 0, sum = 0;
#pragma omp parallel reduction(+ : n) num_threads(team)
    n++;
    CHECK(n == team, "%d threads of %d", n, team);
#pragma omp parallel for schedule(dynamic, 3) reduction(+ : sum) num_threads(team)
    for (int i = 0; i < 1000; i++)
        sum += i;
    CHECK(sum == 499500, "%d", sum);
}

static void child(int team)
{
    pid_t pid = fork();
    CHECK(pid >= 0, "fork");
    if (pid == 0) {
        alarm(20);
        for (int i = 0; i < 20; i++)
            regions(team);
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
          "the child ended with %x", status);
}

int main(void)
{
    int team = omp_get_max_threads();
    child(team);
    for (int round = 0; round < 10; round++) {
        regions(team);
        child(team + round % 3);
#pragma omp parallel
#pragma omp master
        child(team);
        regions(team);
    }
    return 0;
}
