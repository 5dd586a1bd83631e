! Strings go in with their lengths and come back filled up with blanks.
! sizes: 2
! env: OMP_DISPLAY_ENV=false
! prints: shown <0>
! prints: OPENMP DISPLAY ENVIRONMENT END
program strings
   use omp_lib
   implicit none
   character(len=40) :: text
   character(len=5) :: short
   integer :: n
   integer(8) :: verbose

   text = repeat('x', 40)
   n = omp_get_affinity_format(text)
   if (n /= 30 .or. text /= 'level %L thread %i affinity %A') stop 1
   call omp_set_affinity_format('level %L of %N!')
   text = repeat('x', 40)
   n = omp_get_affinity_format(text)
   if (n /= 15 .or. text /= 'level %L of %N!') stop 2
   n = omp_get_affinity_format(short)
   if (n /= 15 .or. short /= 'level') stop 3

   n = omp_capture_affinity(text, '%n-%N')
   if (n /= 3 .or. text /= '0-1') stop 4
   n = omp_capture_affinity(text, '')
   if (n /= 13 .or. text /= 'level 0 of 1!') stop 5
   n = omp_capture_affinity(short, '%0.9n')
   if (n /= 9 .or. short /= '00000') stop 6
   !$omp parallel private(text, n)
   n = omp_capture_affinity(text, '')
   if (n /= 13 .or. text /= 'level 1 of 2!') stop 7
   !$omp end parallel

   call omp_display_affinity('shown <%n>')
   call omp_display_env(.false.)
   verbose = 1
   call omp_display_env(verbose /= 0)
end program
