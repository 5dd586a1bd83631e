/* The lock routines at OMP_1.0, in the types that GCC had before 4.4. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Guards on both sides show a routine that writes beyond the lock. */
typedef struct {
    int before, lock, after;
} simple;
typedef struct {
    int before, lock[2], after;
} nestable;

#define OLD(name, result, argument)                               \
    result old_##name(argument);                                  \
    __asm__(".symver old_" #name ", omp_" #name "@OMP_1.0");      \
    result fortran_##name(argument);                              \
    __asm__(".symver fortran_" #name ", omp_" #name "_@OMP_1.0")

OLD(init_lock, void, int *);
OLD(set_lock, void, int *);
OLD(unset_lock, void, int *);
OLD(test_lock, int, int *);
OLD(destroy_lock, void, int *);
OLD(init_nest_lock, void, int *);
OLD(set_nest_lock, void, int *);
OLD(unset_nest_lock, void, int *);
OLD(test_nest_lock, int, int *);
OLD(destroy_nest_lock, void, int *);

static void expect(int right, const char *what)
{
    if (!right) {
        fprintf(stderr, "%s\n", what);
        exit(1);
    }
}

static void exclusion(void)
{
    simple one = {7, -1, 7};
    nestable many = {7, {-1, -1}, 7};
    int by_one = 0, by_many = 0;

    old_init_lock(&one.lock);
    old_init_nest_lock(many.lock);
#pragma omp parallel
    for (int i = 0; i < 1000; i++) {
        i % 2 ? old_set_lock(&one.lock) : fortran_set_lock(&one.lock);
        by_one++;
        i % 2 ? fortran_unset_lock(&one.lock) : old_unset_lock(&one.lock);
        old_set_nest_lock(many.lock);
        fortran_set_nest_lock(many.lock);
        by_many++;
        old_unset_nest_lock(many.lock);
        by_many++;
        fortran_unset_nest_lock(many.lock);
    }
    int all = 1000 * omp_get_max_threads();
    expect(by_one == all, "set_lock lets two in");
    expect(by_many == 2 * all, "set_nest_lock lets two in");
    expect(one.before == 7 && one.after == 7, "the simple lock is larger than it was");
    expect(many.before == 7 && many.after == 7, "the nestable lock is larger than it was");
    old_destroy_lock(&one.lock);
    old_destroy_nest_lock(many.lock);
}

static void depth(void)
{
    nestable many;

    fortran_init_nest_lock(many.lock);
    expect(old_test_nest_lock(many.lock) == 1, "test_nest_lock of a free lock");
    expect(fortran_test_nest_lock(many.lock) == 2, "test_nest_lock of its own lock");
    /* The thread has it: a task that the thread runs has it too. */
#pragma omp task if (0) shared(many)
    expect(old_test_nest_lock(many.lock) == 3, "test_nest_lock in an included task");
    int wrong = 0;
#pragma omp parallel num_threads(2) reduction(+ : wrong)
    if (omp_get_thread_num() == 1)
        wrong += old_test_nest_lock(many.lock) != 0;
    expect(!wrong, "test_nest_lock of another thread's lock");
    for (int i = 0; i < 3; i++)
        old_unset_nest_lock(many.lock);
#pragma omp parallel num_threads(2) reduction(+ : wrong)
    if (omp_get_thread_num() == 1) {
        wrong += old_test_nest_lock(many.lock) != 1;
        old_unset_nest_lock(many.lock);
    }
    expect(!wrong, "test_nest_lock of a lock that is free again");
    fortran_destroy_nest_lock(many.lock);

    simple one;
    fortran_init_lock(&one.lock);
    expect(old_test_lock(&one.lock) == 1, "test_lock of a free lock");
    expect(fortran_test_lock(&one.lock) == 0, "test_lock of a lock that is set");
    old_unset_lock(&one.lock);
    fortran_destroy_lock(&one.lock);
}

int main(void)
{
    exclusion();
    depth();
    return 0;
}
