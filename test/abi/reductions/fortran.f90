! Task reductions, taskloop, doacross and scan in Fortran.
! not by Clang: flang takes no task modifier on parallel do
program fortran
  use omp_lib
  implicit none
  integer :: total, i, n
  integer :: rows(5)
  real(8) :: parts(4)
  integer :: grid(0:30, 0:20), expected(0:30, 0:20), j
  integer :: input(100), output(100), running
  integer(8) :: k, last

  total = 0
  !$omp parallel
  !$omp single
  !$omp taskgroup task_reduction(+: total)
  do i = 1, 100
    !$omp task in_reduction(+: total) firstprivate(i)
    total = total + i
    !$omp end task
  end do
  !$omp end taskgroup
  if (total /= 5050) stop 1

  !$omp taskloop reduction(+: total) grainsize(7)
  do i = 100, 1, -1
    total = total + i
  end do
  !$omp end taskloop
  if (total /= 10100) stop 2

  !$omp taskloop lastprivate(last) num_tasks(6)
  do k = 1_8, 50_8, 3_8
    last = k
  end do
  !$omp end taskloop
  if (last /= 49) stop 3
  !$omp end single
  !$omp end parallel

  rows = 1
  parts = 0
  !$omp parallel do reduction(task, +: rows, parts)
  do i = 1, 200
    !$omp task in_reduction(+: rows, parts) firstprivate(i)
    rows(mod(i, 5) + 1) = rows(mod(i, 5) + 1) + i
    parts(mod(i, 4) + 1) = parts(mod(i, 4) + 1) + 0.5d0
    !$omp end task
  end do
  !$omp end parallel do
  if (sum(rows) /= 20105) stop 4
  if (any(abs(parts - 25) > 0.1d0)) stop 5

  n = 0
  total = 0
  !$omp parallel reduction(task, +: total) reduction(+: n)
  n = n + 1
  !$omp task in_reduction(+: total)
  total = total + 3
  !$omp end task
  !$omp end parallel
  if (total /= 3*n) stop 6

  grid = 1
  expected = 1
  do j = 1, 20
    do i = 1, 30
      expected(i, j) = mod(expected(i - 1, j) + 3*expected(i, j - 1), 1009)
    end do
  end do
  !$omp parallel do ordered(2) schedule(static, 1)
  do j = 1, 20
    do i = 1, 30
      !$omp ordered depend(sink: j - 1, i) depend(sink: j, i - 1)
      grid(i, j) = mod(grid(i - 1, j) + 3*grid(i, j - 1), 1009)
      !$omp ordered depend(source)
    end do
  end do
  !$omp end parallel do
  if (any(grid /= expected)) stop 7

  input = [(mod(7*i, 31), i=1, 100)]
  running = 0
  !$omp parallel do reduction(inscan, +: running)
  do i = 1, 100
    running = running + input(i)
    !$omp scan inclusive(running)
    output(i) = running
  end do
  !$omp end parallel do
  do i = 1, 100
    if (output(i) /= sum(input(1:i))) stop 8
  end do
end program fortran
