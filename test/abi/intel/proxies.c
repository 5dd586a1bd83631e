/* ours only
 *
 * Proxy tasks: their bodies only start something, and another thread says when it has ended.
 */
#include "../check.h"
#include <pthread.h>

typedef struct task task;
typedef int routine(int, task *);
struct task {
    void *shareds;
    routine *routine;
    int part;
};
typedef struct {
    uintptr_t address;
    size_t length;
    unsigned char flags;
} dependence;

int __kmpc_global_thread_num(void *);
task *__kmpc_omp_task_alloc(void *, int, int, size_t, size_t, routine *);
int __kmpc_omp_task(void *, int, task *);
int __kmpc_omp_task_parts(void *, int, task *);
int __kmpc_omp_task_with_deps(void *, int, task *, int, dependence *, int, dependence *);
int __kmpc_omp_taskwait(void *, int);
void __kmpc_proxy_task_completed(int, task *);
void __kmpc_proxy_task_completed_ooo(task *);

#define TIED 1
#define PROXY 16

static int ended, order;
static pthread_t threads[100];
static int started;

static void *complete(void *argument)
{
    usleep(2000);
    __atomic_add_fetch(&ended, 1, __ATOMIC_RELAXED);
    __kmpc_proxy_task_completed_ooo(argument);
    return NULL;
}

static int body(int thread, task *me)
{
    (void) thread;
    int which = __atomic_fetch_add(&started, 1, __ATOMIC_RELAXED);
    CHECK(pthread_create(&threads[which], NULL, complete, me) == 0, "a thread");
    return 0;
}

static int body_here(int thread, task *me)
{
    __atomic_add_fetch(&ended, 1, __ATOMIC_RELAXED);
    __kmpc_proxy_task_completed(thread, me);
    return 0;
}

static int after(int thread, task *me)
{
    (void) thread, (void) me;
    order = ended;
    return 0;
}

static void proxies(int thread)
{
    int before = ended;
    for (int i = 0; i < 5; i++)
        __kmpc_omp_task(NULL, thread,
                        __kmpc_omp_task_alloc(NULL, thread, TIED | PROXY, sizeof(task), 0, body));
    __kmpc_omp_task_parts(
        NULL, thread,
        __kmpc_omp_task_alloc(NULL, thread, TIED | PROXY, sizeof(task), 0, body_here));
    __kmpc_omp_taskwait(NULL, thread);
    CHECK(ended == before + 6, "%d", ended - before);
    dependence on = { (uintptr_t) &order, sizeof order, 3 };
    __kmpc_omp_task_with_deps(
        NULL, thread, __kmpc_omp_task_alloc(NULL, thread, TIED | PROXY, sizeof(task), 0, body), 1,
        &on, 0, NULL);
    __kmpc_omp_task_with_deps(
        NULL, thread, __kmpc_omp_task_alloc(NULL, thread, TIED, sizeof(task), 0, after), 1, &on, 0,
        NULL);
    __kmpc_omp_taskwait(NULL, thread);
    CHECK(order == before + 7, "%d", order - before);
}

int main(void)
{
    proxies(__kmpc_global_thread_num(NULL));
    #pragma omp parallel
    #pragma omp single
    proxies(__kmpc_global_thread_num(NULL));
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
