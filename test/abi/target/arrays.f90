! Target regions in Fortran: allocatables, derived types, module variables,
! not by Clang: flang takes no firstprivate variable that it maps
! optional and assumed-shape arguments, device pointers.
!
! unwatched: it ends with a pointer's target in use
module shared_data
  implicit none
  integer :: declared(10) = 0
  !$omp declare target (declared)
  integer, allocatable :: kept(:)
  !$omp declare target (kept)
  type point
    real(8) :: x = 1, y = 2
    integer, pointer :: list(:)
  end type
contains
  integer function twice(n)
    !$omp declare target
    integer, value :: n
    twice = 2 * n
  end function

  subroutine fill(memory)
    use iso_c_binding
    type(c_ptr), intent(in) :: memory
    !$omp target is_device_ptr(memory)
    block
      integer, pointer :: view(:)
      call c_f_pointer(memory, view, [50])
      view = 9
    end block
    !$omp end target
  end subroutine

  subroutine shapes(a, extra, done)
    integer, intent(inout) :: a(:, 0:)
    integer, optional, intent(inout) :: extra
    logical, intent(out) :: done
    integer :: i
    done = .false.
    !$omp target map(tofrom: a, extra, done)
    do i = lbound(a, 2), ubound(a, 2)
      a(:, i) = i
    end do
    if (present(extra)) extra = extra + 1
    done = .true.
    !$omp end target
  end subroutine
end module

program arrays
  use shared_data
  use omp_lib
  use iso_c_binding
  implicit none
  integer, parameter :: n = 50
  integer, allocatable :: a(:), matrix(:, :)
  integer, target :: fixed(n)
  integer, pointer :: p(:)
  type(point) :: where
  type(c_ptr) :: memory
  integer :: i, total, extra, round, host
  logical :: done
  character(len=5) :: text
  character(len=:), allocatable :: deferred

  host = omp_get_initial_device()
  if (host /= omp_get_num_devices() .or. omp_get_num_devices() /= 0) stop 1
  if (.not. omp_is_initial_device()) stop 2

  do round = 1, 20
    allocate (a(n), matrix(3, 4))
    a = [(i, i = 1, n)]
    total = 0
    !$omp target map(tofrom: a, total)
    do i = 1, n
      a(i) = twice(a(i))
      total = total + a(i)
    end do
    !$omp end target
    if (total /= n * (n + 1) .or. a(n) /= 2 * n) stop 3

    !$omp target parallel do map(tofrom: a(11:20)) reduction(+: total)
    do i = 11, 20
      a(i) = 0
      total = total + 1
    end do
    if (total /= n * (n + 1) + 10 .or. a(10) /= 20 .or. a(11) /= 0 .or. a(21) /= 42) stop 4

    matrix = -1
    extra = 7
    call shapes(matrix, extra, done)
    if (.not. done .or. extra /= 8 .or. any(matrix(2, :) /= [0, 1, 2, 3])) stop 5
    call shapes(matrix(1:3:2, :), done=done)
    if (.not. done) stop 6

    ! firstprivate of all sorts.
    text = 'hello'
    fixed = 4
    deferred = 'deferred'
    !$omp target firstprivate(fixed, text, where, extra)
    if (fixed(n) /= 4 .or. text /= 'hello' .or. where%y /= 2) stop 7
    fixed = 0
    text = 'other'
    where%x = 5
    extra = 0
    !$omp end target
    if (fixed(n) /= 4 .or. text /= 'hello' .or. where%x /= 1 .or. extra /= 8) stop 8
    !$omp target map(tofrom: deferred, text)
    deferred(1:2) = 'DE'
    text(5:5) = '!'
    !$omp end target
    if (deferred /= 'DEferred' .or. text /= 'hell!') stop 9

    allocate (where%list(3))
    where%list = [1, 2, 3]
    !$omp target map(tofrom: where%list, where%y)
    where%list = where%list * 10
    where%y = sum(where%list)
    !$omp end target
    if (where%y /= 60 .or. where%list(3) /= 30) stop 10
    where%y = 2
    deallocate (where%list)

    declared = round
    !$omp target update to(declared)
    !$omp target map(from: total)
    total = sum(declared)
    declared = declared + 1
    !$omp end target
    !$omp target update from(declared)
    if (total /= 10 * round .or. declared(10) /= round + 1) stop 11

    allocate (kept(n))
    !$omp target enter data map(alloc: kept)
    !$omp target
    kept = 3
    !$omp end target
    !$omp target exit data map(from: kept)
    if (sum(kept) /= 3 * n) stop 12
    deallocate (kept)

    p => fixed
    fixed = 0
    !$omp target data map(tofrom: p) use_device_addr(p)
    !$omp target has_device_addr(p)
    p = p + 2
    !$omp end target
    !$omp end target data
    if (sum(fixed) /= 2 * n) stop 13

    memory = omp_target_alloc(4_c_size_t * n, host)
    if (.not. c_associated(memory)) stop 14
    call fill(memory)
    if (omp_target_memcpy(c_loc(fixed), memory, 4_c_size_t * n, 0_c_size_t, 0_c_size_t, &
                          host, host) /= 0) stop 15
    if (sum(fixed) /= 9 * n) stop 16
    if (omp_target_is_present(memory, host) == 0) stop 17
    if (omp_target_associate_ptr(c_loc(fixed), memory, 4_c_size_t, 0_c_size_t, host) == 0) stop 18
    call omp_target_free(memory, host)

    total = 0
    !$omp parallel
    !$omp single
    do i = 1, 10
      !$omp target nowait depend(inout: total) map(tofrom: total) firstprivate(i)
      total = total + i
      !$omp end target
    end do
    !$omp taskwait
    !$omp end single
    !$omp end parallel
    if (total /= 55) stop 19

    call omp_set_default_device(round)
    if (omp_get_default_device() /= round) stop 20
    call omp_set_default_device(0)
    deallocate (a, matrix)
  end do
end program
