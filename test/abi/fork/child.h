/*
 * What the programs of test/abi/fork share: a child of fork, and what it must be
 * able to do.
 */
#ifndef CHILD_H
#define CHILD_H

#include "../check.h"
#include <sys/wait.h>

/* Forks. The child sets its own alarm, because fork does not pass it on. */
static inline pid_t forked(void)
{
    pid_t pid = fork();
    CHECK(pid >= 0, "fork");
    if (pid == 0)
        alarm(PATIENCE / 2);
    return pid;
}

/* The child ends well. */
static inline void reap(pid_t pid)
{
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid, "waitpid");
    CHECK(status == 0, "a child ended with %x", (unsigned)status);
}

/* Regions of full size, barriers, loops. */
static inline void regions(int team)
{
    int n = 0, sum = 0, met = 0;
#pragma omp parallel num_threads(team) reduction(+ : n)
    {
        n++;
#pragma omp atomic
        met++;
#pragma omp barrier
        int all;
#pragma omp atomic read
        all = met;
        CHECK(all == team, "%d have met of %d", all, team);
    }
    CHECK(n == team, "%d threads of %d", n, team);
#pragma omp parallel for schedule(dynamic, 3) reduction(+ : sum) num_threads(team)
    for (int i = 0; i < 1000; i++)
        sum += i;
    CHECK(sum == 499500, "%d", sum);
    sum = 0;
#pragma omp parallel for ordered schedule(static, 2) num_threads(team)
    for (int i = 0; i < 30; i++)
#pragma omp ordered
        sum = 3 * sum % 1009 + i;
    CHECK(sum == 909, "%d", sum);
}

static inline int fib(int n)
{
    int a, b;
    if (n < 2)
        return n;
#pragma omp task shared(a)
    a = fib(n - 1);
#pragma omp task shared(b)
    b = fib(n - 2);
#pragma omp taskwait
    return a + b;
}

/* Tasks of all sorts in the current team. */
static inline void tasks(void)
{
    int chain = 0, sum = 0, deep = 0;
    for (int i = 1; i <= 10; i++)
#pragma omp task depend(inout : chain) shared(chain)
        chain = 2 * chain + i;
#pragma omp task shared(deep)
    deep = fib(8);
#pragma omp taskwait
    CHECK(chain == 2036 && deep == 21, "%d %d", chain, deep);
#pragma omp taskgroup
    {
        omp_event_handle_t event;
#pragma omp task detach(event) shared(sum)
        {
#pragma omp atomic
            sum += 1;
        }
#pragma omp task firstprivate(event)
        omp_fulfill_event(event);
#pragma omp taskloop grainsize(2) shared(sum)
        for (int i = 0; i < 20; i++)
#pragma omp atomic
            sum += 1;
    }
    CHECK(sum == 21, "%d", sum);
}

/* A full team, a barrier, tasks: a small amount, for tests with many forks. */
static inline void little(int team)
{
    int n = 0, x = 0;
#pragma omp parallel num_threads(team)
    {
#pragma omp task shared(n)
#pragma omp atomic
        n++;
#pragma omp barrier
#pragma omp single
        {
#pragma omp task depend(out : x) shared(x)
            x = 1;
#pragma omp task depend(in : x) shared(x)
            x++;
        }
    }
    CHECK(n == team && x == 2, "%d %d", n, x);
}

/* The work of a program. */
static inline void everything(int team)
{
    regions(team);
    tasks();
#pragma omp parallel num_threads(team)
    {
#pragma omp single
        tasks();
        tasks();
    }
    regions(team);
}

#endif
