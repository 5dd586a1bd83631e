! Worksharing in Fortran: workshare, loops over kinds of integers and with strides, array
! reductions, sections, ordered, lastprivate, collapse, tasks and taskloops, do concurrent.
program loops
  use omp_lib
  use iso_fortran_env, only: int16, int64
  implicit none
  integer, parameter :: n = 1000
  integer :: a(n), b(n), matrix(20, 30), counts(0:4), i, j, last, order, round, low
  integer(int64) :: big, wide
  integer(int16) :: small
  real(8) :: sums(3), product(2), x(n)
  logical :: all_true, any_true
  complex :: z

  do round = 1, 10
    a = [(i, i = 1, n)]
    b = 0
    !$omp parallel
    !$omp workshare
    b = 2 * a
    where (mod(a, 2) == 0) a = -a
    forall (i = 1:n:3) x(i) = i
    matrix = reshape([(i, i = 1, 600)], [20, 30])
    low = minval(a) + sum(b)
    !$omp end workshare
    if (low /= -n + n * (n + 1)) stop 1
    !$omp end parallel
    if (any(b /= [(2 * i, i = 1, n)]) .or. a(10) /= -10 .or. a(11) /= 11) stop 2
    if (x(4) /= 4 .or. matrix(20, 30) /= 600) stop 3

    counts = 0
    sums = 0
    product = 1
    all_true = .true.
    any_true = .false.
    z = 0
    wide = 0
    low = huge(low)
    !$omp parallel do reduction(+: counts, sums, z, wide) reduction(*: product) &
    !$omp& reduction(.and.: all_true) reduction(.or.: any_true) reduction(min: low) schedule(dynamic, 9)
    do i = 1, n
      counts(mod(i, 5)) = counts(mod(i, 5)) + 1
      sums = sums + [1d0, dble(i), 0.5d0]
      if (mod(i, 100) == 0) product = product * [2d0, 0.5d0]
      all_true = all_true .and. i > 0
      any_true = any_true .or. i == 77
      z = z + (1, -1)
      wide = wide + 10000000000_int64
      low = min(low, abs(i - 300))
    end do
    if (any(counts /= 200) .or. any(abs(sums - [1000d0, 500500d0, 500d0]) > 1d-6)) stop 4
    if (product(1) /= 1024 .or. .not. all_true .or. .not. any_true .or. low /= 0) stop 5
    if (z /= (1000, -1000) .or. wide /= 10000000000000_int64) stop 6

    ! Strides, both ways, 64 bits and 16.
    wide = 0
    !$omp parallel do reduction(+: wide) lastprivate(big) schedule(guided)
    do big = 9000000000_int64, 8999999000_int64, -7
      wide = wide + 1
    end do
    if (wide /= 143) stop 7
    j = 0
    !$omp parallel do reduction(+: j)
    do small = -120_int16, 112_int16, 8_int16
      j = j + small
    end do
    if (j /= -120) stop 8
    !$omp parallel do collapse(2) lastprivate(last) schedule(static, 3)
    do j = 1, 30
      do i = 20, 1, -1
        matrix(i, j) = -matrix(i, j)
        last = 100 * j + i
      end do
    end do
    if (last /= 3001 .or. sum(matrix) /= -180300) stop 9

    order = 0
    !$omp parallel
    !$omp do ordered schedule(static, 1)
    do i = 1, 50
      !$omp ordered
      if (order == i - 1) order = i
      !$omp end ordered
    end do
    !$omp sections
    !$omp section
    a(1) = 11
    !$omp section
    a(2) = 12
    !$omp section
    a(3) = 13
    !$omp end sections
    !$omp end parallel
    if (order /= 50 .or. any(a(1:3) /= [11, 12, 13])) stop 10

    counts = 0
    !$omp parallel
    !$omp single
    do i = 1, 100
      !$omp task firstprivate(i) shared(counts)
      !$omp atomic
      counts(mod(i, 5)) = counts(mod(i, 5)) + 1
      !$omp end task
    end do
    !$omp taskwait
    if (any(counts /= 20)) stop 11
    !$omp taskloop grainsize(7) shared(b)
    do i = 1, n
      b(i) = i
    end do
    !$omp end taskloop
    if (sum(b) /= 500500) stop 12
    !$omp taskgroup
    !$omp task shared(counts) depend(out: counts)
    counts = -1
    !$omp end task
    !$omp task shared(counts) depend(in: counts)
    if (any(counts /= -1)) stop 13
    !$omp end task
    !$omp end taskgroup
    !$omp end single
    !$omp end parallel

    do concurrent (i = 1:n)
      x(i) = sqrt(dble(i))
    end do
    if (abs(x(100) - 10) > 1d-9) stop 14
  end do
end program
