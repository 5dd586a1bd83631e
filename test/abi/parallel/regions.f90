! Regions in Fortran: loops, reductions, critical, single with copyprivate.
program regions
   implicit none
   integer :: i, n, sum, threads
   real :: x

   threads = 0
   !$omp parallel reduction(+ : threads)
   threads = threads + 1
   !$omp end parallel

   do n = 0, 300
      sum = 0
      !$omp parallel do reduction(+ : sum) schedule(guided)
      do i = 1, n
         sum = sum + i
      end do
      if (sum /= n * (n + 1) / 2) stop 2
   end do

   sum = 0
   !$omp parallel private(x)
   !$omp single
   x = 4.0
   !$omp end single copyprivate(x)
   !$omp critical
   sum = sum + nint(x)
   !$omp end critical
   !$omp end parallel
   if (sum /= 4 * threads) stop 3
end program
