! What Fortran programs make private: allocatables, arrays, derived types, common blocks
! that are threadprivate, with copyin and copyprivate.
module data
  implicit none
  integer, allocatable :: mine(:)
  integer :: number = 7
  !$omp threadprivate(mine, number)
  type point
    real :: x = 1.0, y = 2.0
    integer, allocatable :: list(:)
  end type
end module

program privates
  use omp_lib
  use data
  implicit none
  integer :: first(3), second
  common /block/ first, second
  !$omp threadprivate(/block/)
  integer, allocatable :: grow(:), early(:)
  integer :: fixed(100), me, size, i, total, round
  type(point) :: p

  call omp_set_dynamic(.false.)
  size = 1
  do round = 1, 20
    ! Allocated before, so each copy has the same bounds; not allocated, so none has.
    allocate (early(5:9), source=[50, 60, 70, 80, 90])
    if (allocated(p%list)) deallocate (p%list)
    allocate (p%list(3), source=[1, 2, 3])
    p%x = 4
    total = 0
    !$omp parallel private(grow, me) firstprivate(early, fixed, p) reduction(+: total)
    me = omp_get_thread_num()
    if (allocated(grow)) stop 1
    allocate (grow(me + 1), source=me)
    if (lbound(early, 1) /= 5 .or. ubound(early, 1) /= 9) stop 2
    early = early + me
    if (early(7) /= 70 + me) stop 3
    if (p%x /= 4 .or. p%y /= 2) stop 4
    if (p%list(3) /= 3) stop 5
    p%list = me
    p%x = me
    fixed = me
    total = total + sum(grow) + sum(fixed)
    if (any(p%list /= me)) stop 6
    !$omp single
    size = omp_get_num_threads()
    !$omp end single
    !$omp end parallel
    if (total /= sum([(i * (i + 1) + 100 * i, i = 0, size - 1)])) stop 7
    if (any(early /= [50, 60, 70, 80, 90]) .or. p%x /= 4 .or. any(p%list /= [1, 2, 3])) stop 8
    deallocate (early)

    ! A common block and a module's variables, of each thread.
    first = [1, 2, 3]
    second = 4 + round
    number = 100 + round
    if (allocated(mine)) deallocate (mine)
    allocate (mine(4), source=round)
    !$omp parallel copyin(/block/) copyin(number) copyin(mine)
    if (any(first /= [1, 2, 3]) .or. second /= 4 + round) stop 9
    if (number /= 100 + round) stop 10
    if (any(mine /= round)) stop 11
    first = omp_get_thread_num()
    second = 2 * omp_get_thread_num()
    mine(2) = omp_get_thread_num()
    !$omp end parallel
    !$omp parallel
    if (omp_get_num_threads() == size) then
      if (any(first /= omp_get_thread_num()) .or. second /= 2 * omp_get_thread_num()) stop 12
      if (mine(2) /= omp_get_thread_num() .or. mine(3) /= round) stop 13
    end if
    !$omp end parallel

    ! What one thread has, for all: an array and the block.
    !$omp parallel firstprivate(fixed)
    !$omp single
    fixed = round
    second = -round
    !$omp end single copyprivate(fixed, /block/)
    if (any(fixed /= round) .or. second /= -round) stop 14
    !$omp end parallel
  end do
end program
