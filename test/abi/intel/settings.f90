! ours only
!
! LLVM's routines beside OpenMP's from Fortran: arguments are passed by reference.
program settings
    use iso_c_binding
    implicit none
    external :: kmp_set_blocktime, kmp_set_stacksize_s, kmp_set_library_throughput
    external :: kmp_set_defaults, kmp_create_affinity_mask, kmp_destroy_affinity_mask
    external :: kmp_set_warnings_off, kmp_free
    integer, external :: kmp_get_blocktime, kmp_get_library, kmp_get_affinity
    integer, external :: kmp_get_affinity_mask_proc, kmp_get_affinity_max_proc
    integer(c_size_t), external :: kmp_get_stacksize_s
    integer(c_intptr_t), external :: kmp_malloc
    integer(c_intptr_t) :: mask, block
    integer :: i, count

    call kmp_set_blocktime(17)
    if (kmp_get_blocktime() /= 17) error stop 1
    call kmp_set_stacksize_s(5000000_c_size_t)
    if (kmp_get_stacksize_s() /= 5000000) error stop 2
    call kmp_set_library_throughput()
    if (kmp_get_library() /= 3) error stop 3
    call kmp_set_defaults("KMP_BLOCKTIME=4")
    if (kmp_get_blocktime() /= 4) error stop 4
    call kmp_create_affinity_mask(mask)
    if (kmp_get_affinity(mask) /= 0) error stop 5
    count = 0
    do i = 0, kmp_get_affinity_max_proc() - 1
        count = count + kmp_get_affinity_mask_proc(i, mask)
    end do
    if (count < 1) error stop 6
    call kmp_destroy_affinity_mask(mask)
    block = kmp_malloc(100_c_size_t)
    if (block == 0) error stop 7
    call kmp_free(block)
    call kmp_set_warnings_off()
end program
