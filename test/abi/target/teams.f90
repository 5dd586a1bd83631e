! Teams in target regions, and the combined constructs, in Fortran.
! not by Clang: flang loses the thread_limit of target
module orphans
contains
  subroutine bump(n)
    use omp_lib
    !$omp declare target
    integer, intent(inout) :: n
    if (omp_get_thread_limit() /= 2) stop 2
    !$omp atomic
    n = n + 1
  end subroutine
end module

program teams
  use orphans
  use omp_lib
  implicit none
  integer, parameter :: n = 200
  integer :: a(n), b(n, 3), i, j, count, total, round
  integer, allocatable :: list(:)

  do round = 1, 10
    a = 0
    b = 0
    allocate (list(n))
    list = [(i, i = 1, n)]
    count = 0
    !$omp target teams num_teams(3) thread_limit(2) map(tofrom: count)
    if (omp_get_team_num() < 0 .or. omp_get_team_num() >= omp_get_num_teams()) stop 1
    call bump(count)
    !$omp end target teams
    if (count < 1 .or. count > 3) stop 3

    !$omp target teams distribute parallel do map(tofrom: a)
    do i = 1, n
      a(i) = a(i) + i
    end do
    !$omp target teams distribute parallel do simd collapse(2) map(tofrom: b) num_teams(2)
    do j = 1, 3
      do i = n, 1, -1
        b(i, j) = a(i) + j
      end do
    end do
    if (a(n) /= n .or. b(n, 3) /= n + 3 .or. b(1, 1) /= 2) stop 4

    total = 0
    !$omp target teams distribute parallel do map(to: list) map(tofrom: total) reduction(+: total)
    do i = 1, n
      total = total + list(i)
    end do
    if (total /= n * (n + 1) / 2) stop 5
    !$omp target parallel do simd map(tofrom: list) num_threads(3)
    do i = 1, n
      list(i) = -list(i)
    end do
    !$omp target map(tofrom: list)
    !$omp teams distribute
    do i = 1, n
      list(i) = list(i) * 2
    end do
    !$omp end target
    if (sum(list) /= -n * (n + 1)) stop 6
    deallocate (list)
  end do
end program
