! cancel and cancellation point in Fortran.
! env: OMP_CANCELLATION=true
program cancels
   use omp_lib
   implicit none
   integer :: i, round, team, hits(200), count, stop_at
   logical :: found

   if (.not. omp_get_cancellation()) error stop 1
   team = omp_get_max_threads()
   do round = 1, 50
      count = 0
      !$omp parallel
      if (omp_get_thread_num() == mod(round, team)) then
         !$omp cancel parallel
      end if
      !$omp barrier
      !$omp atomic
      count = count + 1
      !$omp end parallel
      if (count /= 0) error stop 2

      hits = 0
      stop_at = 1 + mod(37 * round, 200)
      !$omp parallel
      !$omp do schedule(dynamic)
      do i = 1, 200
         !$omp cancel do if (i >= stop_at)
         hits(i) = hits(i) + 1
         !$omp cancellation point do
      end do
      !$omp end do
      !$omp do
      do i = 1, 200
         !$omp cancellation point do
         !$omp atomic
         count = count + 1
      end do
      !$omp end do
      !$omp sections
      !$omp section
      !$omp cancel sections
      error stop 3
      !$omp section
      !$omp cancellation point sections
      !$omp end sections
      !$omp end parallel
      if (count /= 200) error stop 4
      if (any(hits > 1) .or. any(hits(stop_at:) /= 0)) error stop 5

      found = .false.
      count = 0
      !$omp parallel
      !$omp single
      !$omp taskgroup
      do i = 1, 100
         !$omp task shared(found, count) firstprivate(i)
         !$omp cancellation point taskgroup
         !$omp atomic
         count = count + 1
         if (i == stop_at / 2) then
            found = .true.
            !$omp cancel taskgroup
         end if
         !$omp end task
      end do
      !$omp end taskgroup
      !$omp end single
      !$omp end parallel
      if (count > 100) error stop 6
      if (stop_at >= 2 .and. .not. found) error stop 7
   end do
end program
