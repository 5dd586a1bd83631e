! The user API from Fortran, with default integers and with those of 64 bits.
! not by Clang: flang has no routines for integers of 64 bits
! env: OMP_PLACES={0}:6:0 OMP_PROC_BIND=spread OMP_MAX_TASK_PRIORITY=5 OMP_THREAD_LIMIT=77 OMP_DYNAMIC=false
program api
   use omp_lib
   implicit none
   integer :: n, num, chunk, ids(8), places(6)
   integer(8) :: n8, chunk8, ids8(8), places8(6)
   integer(omp_sched_kind) :: kind
   double precision :: before

   before = omp_get_wtime()
   if (omp_get_wtick() <= 0 .or. before < 0 .or. omp_get_wtime() < before) stop 1
   if (omp_get_num_procs() < 1 .or. omp_get_thread_limit() /= 77) stop 2
   if (omp_get_max_task_priority() /= 5 .or. omp_get_supported_active_levels() < 8) stop 3
   if (omp_in_parallel() .or. omp_in_final() .or. omp_get_level() /= 0) stop 4

   call omp_set_num_threads(3)
   if (omp_get_max_threads() /= 3) stop 5
   n8 = 4
   call omp_set_num_threads(n8)
   if (omp_get_max_threads() /= 4) stop 6

   call omp_set_dynamic(.true.)
   if (.not. omp_get_dynamic()) stop 7
   call omp_set_dynamic(.false._8)
   if (omp_get_dynamic()) stop 8
   call omp_set_max_active_levels(5)
   if (omp_get_max_active_levels() /= 5) stop 9
   n8 = 3
   call omp_set_max_active_levels(n8)
   if (omp_get_max_active_levels() /= 3) stop 10

   call omp_set_schedule(omp_sched_guided, 7)
   call omp_get_schedule(kind, chunk)
   if (kind /= omp_sched_guided .or. chunk /= 7) stop 11
   chunk8 = 8
   call omp_set_schedule(omp_sched_dynamic, chunk8)
   chunk8 = 0
   call omp_get_schedule(kind, chunk8)
   if (kind /= omp_sched_dynamic .or. chunk8 /= 8) stop 12
   call omp_set_schedule(omp_sched_static, 0)
   call omp_get_schedule(kind, chunk)
   if (kind /= omp_sched_static .or. chunk /= 0) stop 13

   if (omp_get_proc_bind() /= omp_proc_bind_spread .or. omp_get_num_places() /= 6) stop 14
   if (omp_get_place_num() /= 0 .or. omp_get_partition_num_places() /= 6) stop 15
   n8 = 2
   if (omp_get_place_num_procs(2) /= 1 .or. omp_get_place_num_procs(n8) /= 1) stop 16
   ids = -1
   ids8 = -1
   call omp_get_place_proc_ids(2, ids)
   call omp_get_place_proc_ids(n8, ids8)
   if (ids(1) /= 0 .or. ids8(1) /= 0 .or. ids(2) /= -1 .or. ids8(2) /= -1) stop 17
   call omp_get_partition_place_nums(places)
   call omp_get_partition_place_nums(places8)
   if (any(places /= (/0, 1, 2, 3, 4, 5/)) .or. any(places8 /= places)) stop 18

   if (omp_get_cancellation() .or. omp_get_num_teams() /= 1 .or. omp_get_team_num() /= 0) stop 30
   call omp_set_num_teams(5)
   if (omp_get_max_teams() /= 5) stop 31
   n8 = 6
   call omp_set_num_teams(n8)
   call omp_set_teams_thread_limit(8)
   if (omp_get_max_teams() /= 6 .or. omp_get_teams_thread_limit() /= 8) stop 32
   call omp_set_teams_thread_limit(n8)
   if (omp_get_teams_thread_limit() /= 6) stop 33

   if (omp_pause_resource(omp_pause_soft, omp_get_initial_device()) /= 0) stop 19
   if (omp_pause_resource_all(omp_pause_hard) /= 0) stop 20

   n8 = 1
   !$omp parallel num_threads(2) private(num)
   num = omp_get_thread_num()
   if (omp_get_num_threads() /= 2 .or. .not. omp_in_parallel()) stop 21
   if (omp_get_level() /= 1 .or. omp_get_active_level() /= 1) stop 22
   if (omp_get_place_num() /= 3 * num .or. omp_get_partition_num_places() /= 3) stop 23
   if (omp_get_ancestor_thread_num(1) /= num .or. omp_get_ancestor_thread_num(n8) /= num) stop 24
   if (omp_get_team_size(1) /= 2 .or. omp_get_team_size(n8) /= 2) stop 25
   if (omp_get_team_size(9) /= -1 .or. omp_get_ancestor_thread_num(-1) /= -1) stop 26
   if (omp_pause_resource_all(omp_pause_soft) == 0) stop 27
   !$omp end parallel

   ! What does not fit a C int is not cut off.
   n8 = 4294967297_8
   if (omp_get_team_size(n8) /= -1) stop 28
   do n = 1, 3
      call omp_set_num_threads(n)
      if (omp_get_max_threads() /= n) stop 29
   end do
end program
