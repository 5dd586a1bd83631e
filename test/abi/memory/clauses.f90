! Allocators and allocate clauses in Fortran.
! not by Clang: flang takes no allocate clause on parallel do
program clauses
  use omp_lib
  use iso_c_binding
  implicit none
  type(omp_alloctrait) :: traits(2)
  integer(omp_allocator_handle_kind) :: a, b
  integer :: x, y(20), total, i
  integer(8) :: long
  type(c_ptr) :: p, q
  integer, pointer :: view(:)

  if (omp_get_default_allocator() /= omp_default_mem_alloc) stop 1
  traits(1) = omp_alloctrait(omp_atk_alignment, 256)
  ! Enough for all threads at once: beyond it the default allocator, which
  ! knows nothing of the alignment, would serve them.
  traits(2) = omp_alloctrait(omp_atk_pool_size, 65536)
  a = omp_init_allocator(omp_default_mem_space, 2, traits)
  if (a == omp_null_allocator) stop 2
  traits(1) = omp_alloctrait(omp_atk_alignment, 3)
  if (omp_init_allocator(omp_default_mem_space, 1, traits) /= omp_null_allocator) stop 3
  traits(1) = omp_alloctrait(omp_atk_fallback, omp_atv_null_fb)
  traits(2) = omp_alloctrait(omp_atk_pool_size, 4096)
  b = omp_init_allocator(omp_large_cap_mem_space, 2, traits)

  x = 3
  y = [(i, i = 1, 20)]
  total = 0
  !$omp parallel firstprivate(x, y) allocate(a: x, y) reduction(+: total)
  if (mod(loc(x), 256) /= 0 .or. mod(loc(y), 256) /= 0) stop 4
  if (x /= 3 .or. y(20) /= 20) stop 5
  y = omp_get_thread_num()
  total = total + 1
  if (omp_get_default_allocator() /= omp_default_mem_alloc) stop 6
  !$omp end parallel
  if (total < 1 .or. y(20) /= 20) stop 7

  !$omp parallel do lastprivate(long) allocate(omp_low_lat_mem_alloc: long)
  do i = 1, 100
    long = i
  end do
  if (long /= 100) stop 8

  p = omp_alloc(80_c_size_t, b)
  if (.not. c_associated(p)) stop 9
  if (c_associated(omp_alloc(5000_c_size_t, b))) stop 10
  call c_f_pointer(p, view, [20])
  view = y
  p = omp_realloc(p, 160_c_size_t, b, b)
  call c_f_pointer(p, view, [20])
  if (any(view /= y)) stop 11
  q = omp_calloc(10_c_size_t, 4_c_size_t, omp_null_allocator)
  call c_f_pointer(q, view, [10])
  if (any(view /= 0)) stop 12
  call omp_free(q, omp_null_allocator)
  q = omp_aligned_calloc(1024_c_size_t, 10_c_size_t, 4_c_size_t, omp_default_mem_alloc)
  call c_f_pointer(q, view, [10])
  if (any(view /= 0) .or. mod(loc(view), 1024) /= 0) stop 13
  call omp_free(q, omp_default_mem_alloc)
  q = omp_aligned_alloc(512_c_size_t, 4_c_size_t, a)
  if (mod(transfer(q, 0_c_intptr_t), 512) /= 0) stop 14
  call omp_free(q, a)
  call omp_free(p, b)

  call omp_set_default_allocator(b)
  if (omp_get_default_allocator() /= b) stop 15
  if (c_associated(omp_alloc(5000_c_size_t, omp_null_allocator))) stop 16
  call omp_set_default_allocator(omp_null_allocator)
  if (omp_get_default_allocator() /= omp_default_mem_alloc) stop 17
  call omp_destroy_allocator(a)
  call omp_destroy_allocator(b)
end program
