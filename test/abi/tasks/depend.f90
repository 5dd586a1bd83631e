! Tasks in Fortran: depend with array elements, objects, detach.
! not by Clang: flang 22 has no depend on taskwait
program tasks
  use omp_lib
  implicit none
  integer :: round

  call in_a_team()
  !$omp parallel private(round)
  !$omp single
  do round = 1, 20
     call in_a_team()
  end do
  !$omp end single
  !$omp end parallel

contains

  subroutine in_a_team()
    integer :: x, i, total
    integer :: cells(4)
    integer(omp_depend_kind) :: object
    integer(omp_event_handle_kind) :: event

    x = 0
    cells = 0
    total = 0
    do i = 1, 4
       !$omp task depend(out: cells(i)) shared(cells) firstprivate(i)
       cells(i) = i
       !$omp end task
    end do
    !$omp task depend(in: cells(1), cells(2), cells(3), cells(4)) depend(out: total) &
    !$omp& shared(cells, total)
    total = sum(cells)
    !$omp end task
    !$omp taskwait depend(in: total)
    if (total /= 10) stop 1

    !$omp depobj(object) depend(inout: x)
    do i = 1, 10
       !$omp task depend(depobj: object) shared(x) firstprivate(i)
       if (x /= i - 1) stop 2
       x = i
       !$omp end task
    end do
    !$omp depobj(object) destroy
    !$omp task if(.false.) depend(mutexinoutset: x) shared(x)
    if (x /= 10) stop 3
    x = 11
    !$omp end task
    if (x /= 11) stop 4

    if (omp_get_level() == 0) return
    !$omp task detach(event) shared(x)
    x = 12
    !$omp end task
    !$omp task shared(event) priority(3)
    call omp_fulfill_event(event)
    !$omp end task
    !$omp taskwait
    if (x /= 12) stop 5
    if (omp_in_final()) stop 6
    !$omp task final(.true.) shared(x)
    if (omp_in_final()) x = 13
    !$omp end task
    !$omp taskwait
    if (x /= 13) stop 7
  end subroutine in_a_team
end program tasks
