/*
 * A program later enters a sandbox that refuses membarrier. Waiting threads still learn
 * about tasks.
 * env: OMP_WAIT_POLICY=passive
 * sizes: 2 4 8
 * stress: 20000
 */
#include "../check.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Installs the filter in all threads; false if the system has no such filters. */
static bool refuse_membarrier(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
           && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

/* Tasks that wait for each other need all threads awake. */
static void round_of_tasks(void)
{
    int size = omp_get_max_threads(), begun = 0, done = 0;

#pragma omp parallel
#pragma omp single
    {
        for (int i = 0; i < 4 * size; i++) {
#pragma omp task shared(done)
            {
                if (i % 4 == 0)
                    usleep(20);
#pragma omp atomic
                done++;
            }
        }
#pragma omp taskwait
        for (int i = 0; i < 2; i++)
#pragma omp task shared(begun)
        {
            __atomic_fetch_add(&begun, 1, __ATOMIC_RELAXED);
            while (__atomic_load_n(&begun, __ATOMIC_RELAXED) < 2)
                usleep(1);
        }
    }
    CHECK(done == 4 * size, "%d", done);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 100;

    if (argc > 1)
        alarm(0);
    for (int i = 0; i < rounds; i++) {
        if (i == rounds / 10 && !refuse_membarrier())
            fprintf(stderr, "no seccomp here\n");
        round_of_tasks();
    }
    return 0;
}
