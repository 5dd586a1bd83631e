! Locks and nestable locks in Fortran, which have other sizes there than in C.
program locks
   use omp_lib
   implicit none
   integer(omp_lock_kind) :: guards(3)
   integer(omp_nest_lock_kind) :: nests(3)
   integer :: i, threads, by_one, by_many, depth, wrong

   ! The neighbours would show a lock that is larger than its variable.
   do i = 1, 3
      call omp_init_lock(guards(i))
      call omp_init_nest_lock(nests(i))
   end do

   threads = 0
   by_one = 0
   by_many = 0
   !$omp parallel reduction(+ : threads) private(i)
   threads = threads + 1
   do i = 1, 500
      call omp_set_lock(guards(2))
      by_one = by_one + 1
      call omp_unset_lock(guards(2))
      call omp_set_nest_lock(nests(2))
      call omp_set_nest_lock(nests(2))
      by_many = by_many + 1
      call omp_unset_nest_lock(nests(2))
      by_many = by_many + 1
      call omp_unset_nest_lock(nests(2))
   end do
   !$omp end parallel
   if (by_one /= 500 * threads) stop 2
   if (by_many /= 1000 * threads) stop 3

   if (.not. omp_test_lock(guards(1))) stop 4
   if (omp_test_lock(guards(1))) stop 5
   if (.not. omp_test_lock(guards(2))) stop 6
   do depth = 1, 3
      if (omp_test_nest_lock(nests(1)) /= depth) stop 7
   end do
   ! It is the task's: nobody else can take it, not even a task of the thread.
   wrong = 0
   !$omp parallel num_threads(2) reduction(+ : wrong)
   if (omp_get_thread_num() == 1) then
      if (omp_test_nest_lock(nests(1)) /= 0) wrong = wrong + 1
   end if
   !$omp end parallel
   !$omp task if (.false.) shared(wrong, nests)
   if (omp_test_nest_lock(nests(1)) /= 0) wrong = wrong + 1
   !$omp end task
   if (wrong /= 0) stop 8
   do depth = 1, 3
      call omp_unset_nest_lock(nests(1))
   end do
   call omp_unset_lock(guards(1))
   call omp_unset_lock(guards(2))

   do i = 1, 3
      call omp_destroy_lock(guards(i))
      call omp_destroy_nest_lock(nests(i))
   end do
end program
