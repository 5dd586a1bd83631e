//! Calls every entry of the library with odd arguments: null, 1, -1, the least and the
//! greatest numbers, with and without valid addresses, outside of any context and from each
//! thread of a team. A call must return, or end the program with one sentence and status 1.
//! It may end by SIGSEGV only if it was given an invalid address where the ABI demands a
//! valid one.
//!
//! The names come from rust/libgomp.map and the header, so a new entry needs its line in
//! [`TABLE`].

use super::program::pick;
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// What the entries take, one letter per argument.
///
/// | letter | argument | invalid values, for which SIGSEGV is allowed |
/// |---|---|---|
/// | i | any number | |
/// | b | 0 or 1 | |
/// | m | a small number: an amount of work | |
/// | F | flags without that of a `detach` clause, because nobody would fulfil the event | |
/// | c | number of elements or bytes at the addresses | more than 32 |
/// | o | number of elements of an array of addresses | all above 0 |
/// | n | an address, or null | others |
/// | S | a string, or null | others |
/// | g | a function, or null | others |
/// | p | an address that the compiler or the user provides | null, others |
/// | s | a Fortran string; its length is another argument | null, others |
/// | q | a Fortran number | null, others |
/// | Q | a Fortran number of elements | null, others, more than 32 |
/// | H | a Fortran variable with a handle | null, others, and as h |
/// | f | a function | null, others |
/// | h | a handle of the library's, or 0 to 8 | others |
/// | e | a block of memory or an event of the library's, or null | others |
///
/// A name that ends in `!` also stands for its Fortran form with `_`. `*` stands for any
/// part of a name.
const TABLE: &[(&str, &str)] = &[
    (
        "",
        "omp_get_dynamic! omp_get_max_threads! omp_get_nested! omp_get_num_procs! \
         omp_get_num_threads! omp_get_thread_num! omp_in_parallel! omp_get_wtick! \
         omp_get_wtime! omp_get_active_level! omp_get_level! omp_get_max_active_levels! \
         omp_get_thread_limit! omp_in_final! omp_get_cancellation! \
         omp_get_default_device! omp_get_num_devices! omp_get_num_teams! \
         omp_get_proc_bind! omp_get_team_num! omp_is_initial_device! \
         omp_get_initial_device! omp_get_max_task_priority! omp_get_num_places! \
         omp_get_partition_num_places! omp_get_place_num! omp_get_default_allocator! \
         omp_get_supported_active_levels! omp_get_device_num! omp_get_max_teams! \
         omp_get_teams_thread_limit! omp_in_explicit_task!",
    ),
    (
        "i",
        "omp_set_dynamic omp_set_nested omp_set_num_threads omp_set_max_active_levels \
         omp_get_ancestor_thread_num omp_get_team_size omp_set_default_device \
         omp_get_place_num_procs omp_set_num_teams omp_set_teams_thread_limit \
         omp_display_env omp_pause_resource_all omp_get_uid_from_device \
         omp_get_num_teams_dim omp_get_team_num_dim omp_get_num_threads_dim \
         omp_get_thread_num_dim omp_get_thread_limit_dim \
         GOMP_loop_static_worksharing GOMP_loop_static_worksharing_start \
         GOMP_distribute_static_worksharing GOMP_distribute_static_worksharing_start \
         GOMP_has_masked_thread_num GOMP_has_masked_thread_num_with_end",
    ),
    (
        "q",
        "omp_set_dynamic_ omp_set_nested_ omp_set_num_threads_ \
         omp_set_max_active_levels_ omp_get_ancestor_thread_num_ omp_get_team_size_ \
         omp_set_default_device_ omp_get_place_num_procs_ omp_set_num_teams_ \
         omp_set_teams_thread_limit_ omp_display_env_ omp_pause_resource_all_ \
         omp_set_dynamic_8_ omp_set_nested_8_ omp_set_num_threads_8_ \
         omp_set_max_active_levels_8_ omp_get_ancestor_thread_num_8_ \
         omp_get_team_size_8_ omp_set_default_device_8_ omp_get_place_num_procs_8_ \
         omp_set_num_teams_8_ omp_set_teams_thread_limit_8_ omp_display_env_8_ \
         omp_get_num_teams_dim_ omp_get_team_num_dim_ omp_get_num_threads_dim_ \
         omp_get_thread_num_dim_ omp_get_thread_limit_dim_ omp_get_num_teams_dim_8_ \
         omp_get_team_num_dim_8_ omp_get_num_threads_dim_8_ omp_get_thread_num_dim_8_ \
         omp_get_thread_limit_dim_8_",
    ),
    (
        "ii",
        "omp_set_schedule omp_pause_resource omp_get_supported_active_league_dims \
         omp_get_supported_active_team_dims omp_get_supported_teams_dim \
         omp_get_supported_threads_dim GOMP_loop_static_worksharing_dispatch \
         GOMP_distribute_static_worksharing_dispatch",
    ),
    (
        "qq",
        "omp_set_schedule_ omp_set_schedule_8_ omp_pause_resource_ \
         omp_get_supported_active_league_dims_ omp_get_supported_active_team_dims_ \
         omp_get_supported_teams_dim_ omp_get_supported_threads_dim_",
    ),
    ("nn", "omp_get_schedule"),
    ("pp", "omp_get_schedule_ omp_get_schedule_8_"),
    ("ip", "omp_get_place_proc_ids"),
    ("qp", "omp_get_place_proc_ids_ omp_get_place_proc_ids_8_"),
    ("p", "omp_get_partition_place_nums*"),
    // Any memory of zeros is a lock that nobody holds.
    ("n", "omp_init_lock! omp_init_nest_lock!"),
    (
        "p",
        "omp_destroy_lock! omp_destroy_nest_lock! omp_set_lock! omp_set_nest_lock! \
         omp_test_lock! omp_test_nest_lock! omp_unset_lock! omp_unset_nest_lock!",
    ),
    ("S", "omp_set_affinity_format omp_display_affinity"),
    ("ni", "omp_get_affinity_format"),
    ("niS", "omp_capture_affinity"),
    ("sc", "omp_set_affinity_format_ omp_display_affinity_"),
    ("pc", "omp_get_affinity_format_"),
    ("pscc", "omp_capture_affinity_"),
    // Devices.
    ("ii", "omp_target_alloc"),
    ("ei", "omp_target_free"),
    (
        "ni",
        "omp_target_is_present omp_get_mapped_ptr omp_target_disassociate_ptr",
    ),
    ("nii", "omp_target_is_accessible"),
    ("nniii", "omp_target_associate_ptr"),
    ("ppcccii", "omp_target_memcpy"),
    ("ppccciicp", "omp_target_memcpy_async"),
    ("ppcipppppii", "omp_target_memcpy_rect"),
    ("ppcipppppiicp", "omp_target_memcpy_rect_async"),
    ("pici", "omp_target_memset"),
    ("picicp", "omp_target_memset_async"),
    ("S", "omp_get_device_from_uid"),
    ("sc", "omp_get_device_from_uid_"),
    ("ppi", "omp_get_uid_from_device_ omp_get_uid_from_device_8_"),
    // Interoperability: the only object is none.
    ("i", "omp_get_num_interop_properties"),
    (
        "iin",
        "omp_get_interop_int omp_get_interop_ptr omp_get_interop_str",
    ),
    (
        "ii",
        "omp_get_interop_name omp_get_interop_type_desc omp_get_interop_rc_desc",
    ),
    ("ppiin", "omp_get_interop_str_"),
    (
        "ppii",
        "omp_get_interop_name_ omp_get_interop_type_desc_ omp_get_interop_rc_desc_",
    ),
    ("iopppopopFn", "GOMP_interop"),
    // Memory and events.
    ("ih", "omp_alloc"),
    ("iih", "omp_aligned_alloc omp_calloc GOMP_alloc"),
    ("iiih", "omp_aligned_calloc"),
    ("eihh", "omp_realloc"),
    ("eh", "omp_free GOMP_free"),
    ("e", "omp_fulfill_event! GOMP_add_alloc GOMP_is_alloc"),
    ("icp", "omp_init_allocator"),
    ("qQp", "omp_init_allocator_ omp_init_allocator_8_"),
    ("h", "omp_destroy_allocator omp_set_default_allocator"),
    ("H", "omp_destroy_allocator_ omp_set_default_allocator_"),
    // Constructs.
    (
        "",
        "GOMP_atomic_end GOMP_atomic_start GOMP_barrier GOMP_barrier_cancel \
         GOMP_critical_end GOMP_critical_start GOMP_loop_end GOMP_loop_end_cancel \
         GOMP_loop_end_nowait GOMP_ordered_end GOMP_ordered_start GOMP_parallel_end \
         GOMP_sections_end GOMP_sections_end_cancel GOMP_sections_end_nowait \
         GOMP_sections_next GOMP_single_copy_start GOMP_single_start \
         GOMP_target_end_data GOMP_taskgroup_end GOMP_taskgroup_start GOMP_taskwait \
         GOMP_taskyield GOMP_single_start_with_end GOMP_single_end GOMP_masked_end \
         GOMP_loop_static_worksharing_end GOMP_distribute_static_worksharing_end",
    ),
    ("p", "GOMP_critical_name_start GOMP_critical_name_end"),
    (
        "n",
        "GOMP_single_copy_end GOMP_target_map_indirect_ptr GOMP_taskwait_depend \
         GOMP_taskwait_depend_nowait",
    ),
    ("ib", "GOMP_cancel"),
    ("i", "GOMP_cancellation_point GOMP_sections_start"),
    ("ipp", "GOMP_sections2_start"),
    ("pp", "GOMP_loop_*_next GOMP_loop_ull_*_next"),
    (
        "iiiipp",
        "GOMP_loop_static_start GOMP_loop_dynamic_start GOMP_loop_guided_start \
         GOMP_loop_nonmonotonic_dynamic_start GOMP_loop_nonmonotonic_guided_start \
         GOMP_loop_ordered_static_start GOMP_loop_ordered_dynamic_start \
         GOMP_loop_ordered_guided_start",
    ),
    (
        "biiiipp",
        "GOMP_loop_ull_static_start GOMP_loop_ull_dynamic_start \
         GOMP_loop_ull_guided_start GOMP_loop_ull_nonmonotonic_dynamic_start \
         GOMP_loop_ull_nonmonotonic_guided_start GOMP_loop_ull_ordered_static_start \
         GOMP_loop_ull_ordered_dynamic_start GOMP_loop_ull_ordered_guided_start",
    ),
    (
        "iiipp",
        "GOMP_loop_runtime_start GOMP_loop_ordered_runtime_start \
         GOMP_loop_nonmonotonic_runtime_start \
         GOMP_loop_maybe_nonmonotonic_runtime_start",
    ),
    (
        "biiipp",
        "GOMP_loop_ull_runtime_start GOMP_loop_ull_ordered_runtime_start \
         GOMP_loop_ull_nonmonotonic_runtime_start \
         GOMP_loop_ull_maybe_nonmonotonic_runtime_start",
    ),
    ("iiiiippnn", "GOMP_loop_start GOMP_loop_ordered_start"),
    (
        "biiiiippnn",
        "GOMP_loop_ull_start GOMP_loop_ull_ordered_start",
    ),
    (
        "cqipp",
        "GOMP_loop_doacross_static_start GOMP_loop_doacross_dynamic_start \
         GOMP_loop_doacross_guided_start GOMP_loop_ull_doacross_static_start \
         GOMP_loop_ull_doacross_dynamic_start GOMP_loop_ull_doacross_guided_start",
    ),
    (
        "cqpp",
        "GOMP_loop_doacross_runtime_start GOMP_loop_ull_doacross_runtime_start",
    ),
    (
        "cqiippnn",
        "GOMP_loop_doacross_start GOMP_loop_ull_doacross_start",
    ),
    ("p", "GOMP_doacross_post GOMP_doacross_ull_post"),
    ("iiiiiiii", "GOMP_doacross_wait GOMP_doacross_ull_wait"),
    ("fpii", "GOMP_parallel GOMP_parallel_reductions"),
    ("fpi", "GOMP_parallel_start"),
    ("fpiiiiii", "GOMP_parallel_loop_*"),
    ("fpiii", "GOMP_parallel_sections"),
    ("fpii", "GOMP_parallel_sections_start"),
    ("fpgciiFninn", "GOMP_task"),
    ("fpgciFiimmm", "GOMP_taskloop GOMP_taskloop_ull"),
    (
        "n",
        "GOMP_taskgroup_reduction_register GOMP_taskgroup_reduction_unregister",
    ),
    ("b", "GOMP_workshare_task_reduction_unregister"),
    ("p", "GOMP_scope_start"),
    ("ccp", "GOMP_task_reduction_remap"),
    ("fpmii", "GOMP_teams_reg"),
];

/// More of the table: targets, messages, and what Haskell calls.
const MORE: &[(&str, &str)] = &[
    ("ii", "GOMP_teams"),
    ("miib", "GOMP_teams4"),
    ("Sc", "GOMP_error GOMP_warning"),
    ("ifncppp", "GOMP_target"),
    ("ifcpppFnn", "GOMP_target_ext"),
    ("incppp", "GOMP_target_data GOMP_target_update"),
    ("icppp", "GOMP_target_data_ext"),
    (
        "icpppFn",
        "GOMP_target_update_ext GOMP_target_enter_exit_data",
    ),
    ("p", "ghcomp_register_host"),
    ("fpiiii", "ghcomp_hs_parallel"),
    ("iiii", "ghcomp_hs_begin_alone"),
    ("fpiiiii", "ghcomp_hs_begin ghcomp_hs_begin_at_once"),
    ("e", "ghcomp_hs_end"),
    (
        "",
        "ghcomp_hs_end_at_once ghcomp_hs_thread_number ghcomp_hs_max_threads \
         ghcomp_hs_fork_generation ghcomp_hs_is_known ghcomp_hs_make_known \
         ghcomp_hs_tasks_here ghcomp_hs_traced \
         ghcomp_hs_team_member ghcomp_hs_batch_ticks ghcomp_hs_batch_want_tick \
         ghcomp_hs_batch_tick ghcomp_hs_batch_tick_is_wanted ghcomp_hs_batch_stops \
         ghcomp_hs_batch_stop \
         ghcomp_hs_tasks_cancel ghcomp_callback_cut",
    ),
    ("pi", "ghcomp_hs_next"),
    (
        "p",
        "ghcomp_hs_team_cancel ghcomp_hs_team_loop_end ghcomp_hs_team_single \
         ghcomp_hs_team_ordered",
    ),
    (
        "pi",
        "ghcomp_hs_team_barrier_at_once ghcomp_hs_team_barrier \
         ghcomp_hs_team_ordered_at_once",
    ),
    ("piiii", "ghcomp_hs_team_loop_at_once ghcomp_hs_team_loop"),
    ("pp", "ghcomp_hs_team_ordered_next"),
    ("pcp", "ghcomp_hs_task_offer"),
    ("pp", "ghcomp_hs_task_done"),
    ("p", "ghcomp_hs_tasks_over"),
    ("fbb", "ghcomp_hs_batch_repeat"),
    (
        "i",
        "ghcomp_hs_set_num_threads ghcomp_hs_set_dynamic \
         ghcomp_hs_set_max_active_levels ghcomp_hs_tasks_wake ghcomp_hs_tasks_prepare \
         ghcomp_hs_tasks_searched",
    ),
    ("ii", "ghcomp_hs_set_schedule"),
    ("pc", "ghcomp_hs_trace_next"),
    ("pi", "ghcomp_callback_new"),
    ("e", "ghcomp_callback_stop ghcomp_callback_free"),
];

/// More of the table: what Clang calls. A location is `n`, a thread's number `i`.
const LLVM: &[(&str, &str)] = &[
    ("niinpppii", "__kmpc_for_static_init_*"),
    ("niinppppii", "__kmpc_dist_for_static_init_*"),
    ("ninpppii", "__kmpc_team_static_init_*"),
    ("niiniiii", "__kmpc_dist_dispatch_init_*"),
    ("niiiiii", "__kmpc_dispatch_init_*"),
    ("ninppn", "__kmpc_dispatch_next_*"),
    (
        "ni",
        "__kmpc_dispatch_fini_* __kmpc_dispatch_deinit __kmpc_for_static_fini \
         __kmpc_serialized_parallel __kmpc_end_serialized_parallel __kmpc_barrier \
         __kmpc_cancel_barrier __kmpc_single __kmpc_end_single __kmpc_master \
         __kmpc_end_master __kmpc_end_masked __kmpc_ordered __kmpc_end_ordered \
         __kmpc_omp_taskwait __kmpc_taskgroup __kmpc_end_taskgroup __kmpc_doacross_fini",
    ),
    ("nifbp", "__kmpc_fork_call_if"),
    (
        "nii",
        "__kmpc_push_num_threads __kmpc_push_proc_bind __kmpc_cancel \
         __kmpc_cancellationpoint __kmpc_masked __kmpc_omp_taskyield __kmpc_set_thread_limit \
         __kmpc_task_reduction_modifier_fini",
    ),
    ("niiiS", "__kmpc_push_num_threads_strict"),
    (
        "n",
        "__kmpc_global_thread_num __kmpc_flush __kmpc_global_num_threads __kmpc_ok_to_fork \
         __kmpc_bound_thread_num __kmpc_bound_num_threads __kmpc_in_parallel __kmpc_end",
    ),
    ("ni", "__kmpc_begin __kmpc_pop_num_threads"),
    (
        "ni",
        "__kmpc_barrier_master __kmpc_barrier_master_nowait __kmpc_end_barrier_master \
         __kmpc_sections_init __kmpc_end_sections",
    ),
    ("nin", "__kmpc_scope __kmpc_end_scope"),
    ("nii", "__kmpc_next_section"),
    (
        "",
        "__kmpc_get_taskid __kmpc_get_parent_taskid __kmpc_get_target_offload \
         __kmpc_atomic_start __kmpc_atomic_end",
    ),
    (
        "i",
        "__kmpc_pause_resource __kmpc_omp_has_task_team \
         __kmpc_omp_get_target_async_handle_ptr __kmpc_get_default_allocator",
    ),
    ("nigggc", "__kmpc_threadprivate_register_vec"),
    ("iiih", "__kmpc_calloc"),
    ("ieihh", "__kmpc_realloc"),
    ("ih", "__kmpc_set_default_allocator"),
    (
        "nip",
        "__kmpc_init_lock __kmpc_init_nest_lock __kmpc_destroy_lock \
         __kmpc_destroy_nest_lock __kmpc_set_lock __kmpc_set_nest_lock __kmpc_unset_lock \
         __kmpc_unset_nest_lock __kmpc_test_lock __kmpc_test_nest_lock",
    ),
    (
        "nipi",
        "__kmpc_init_lock_with_hint __kmpc_init_nest_lock_with_hint",
    ),
    ("nippi", "__kmpc_atomic_*"),
    (
        "nip",
        "__kmpc_critical __kmpc_end_critical __kmpc_doacross_post __kmpc_doacross_wait",
    ),
    ("nipi", "__kmpc_critical_with_hint"),
    ("niicngp", "__kmpc_reduce __kmpc_reduce_nowait"),
    ("nip", "__kmpc_end_reduce __kmpc_end_reduce_nowait"),
    ("niS", "__kmpc_error"),
    ("iih", "__kmpc_alloc"),
    ("iiih", "__kmpc_aligned_alloc"),
    ("ieh", "__kmpc_free"),
    ("ih", "__kmpc_destroy_allocator"),
    ("niiccg", "__kmpc_omp_task_alloc"),
    ("niiccgi", "__kmpc_omp_target_task_alloc"),
    ("niicn", "__kmpc_omp_reg_task_with_affinity"),
    ("niii", "__kmpc_push_num_teams"),
    ("niiii", "__kmpc_push_num_teams_51"),
    ("npggg", "__kmpc_threadprivate_register"),
    (
        "i",
        "ompc_set_num_threads ompc_set_dynamic ompc_set_nested ompc_set_max_active_levels",
    ),
    ("i", "ompc_get_ancestor_thread_num ompc_get_team_size"),
    ("ii", "ompc_set_schedule"),
    ("pi", "omp_init_lock_with_hint omp_init_nest_lock_with_hint"),
    ("c", "kmp_malloc"),
    ("ci", "kmp_aligned_malloc"),
    ("ci", "kmp_calloc"),
    ("i", "kmp_set_blocktime kmp_set_disp_num_buffers"),
    (
        "",
        "kmp_get_blocktime kmp_set_warnings_on kmp_set_warnings_off",
    ),
    ("S", "kmp_set_defaults kmpc_set_defaults"),
    ("iin", "omp_control_tool"),
    ("qqn", "omp_control_tool_"),
    ("i", "omp_get_num_interop_properties_"),
    ("iin", "omp_get_interop_int_ omp_get_interop_ptr_"),
    (
        "nn",
        "omp_init_lock_with_hint_ omp_init_nest_lock_with_hint_",
    ),
    ("S", "ompc_set_affinity_format ompc_display_affinity"),
    ("ni", "ompc_get_affinity_format"),
    ("niS", "ompc_capture_affinity"),
];

/// Entries that this test does not call, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("omp_null_allocator", "it is a variable"),
    ("omp_default_mem_alloc", "likewise"),
    ("omp_large_cap_mem_alloc", "likewise"),
    ("omp_const_mem_alloc", "likewise"),
    ("omp_high_bw_mem_alloc", "likewise"),
    ("omp_low_lat_mem_alloc", "likewise"),
    ("omp_cgroup_mem_alloc", "likewise"),
    ("omp_pteam_mem_alloc", "likewise"),
    ("omp_thread_mem_alloc", "likewise"),
    ("omp_default_mem_space", "likewise"),
    ("omp_large_cap_mem_space", "likewise"),
    ("omp_const_mem_space", "likewise"),
    ("omp_high_bw_mem_space", "likewise"),
    ("omp_low_lat_mem_space", "likewise"),
    (
        "ghcomp_callback_resume",
        "its frame is of the library's own",
    ),
    ("ghcomp_hs_batch_run", "its block is code for it"),
    ("ghcomp_hs_served", "likewise"),
    (
        "ghcomp_hs_batch_map",
        "its arrays are of types that it is told",
    ),
    ("ghcomp_hs_batch_rows", "likewise"),
    (
        "ghcomp_hs_tasks_enter",
        "only in a body, whose context it is",
    ),
    ("ghcomp_hs_tasks_sleep", "sleeps until somebody wakes it"),
    ("ghcomp_hs_trace", "somebody has to take the events"),
    (
        "__kmpc_fork_call",
        "a number says how many arguments it has",
    ),
    ("__kmpc_fork_teams", "likewise"),
    ("__kmpc_omp_task", "a task's memory is the library's own"),
    ("__kmpc_omp_task_with_deps", "likewise"),
    ("__kmpc_omp_task_parts", "likewise"),
    ("__kmpc_proxy_task_completed", "likewise"),
    ("__kmpc_proxy_task_completed_ooo", "likewise"),
    ("__kmpc_omp_task_begin_if0", "likewise"),
    ("__kmpc_omp_task_complete_if0", "likewise"),
    ("__kmpc_task_allow_completion_event", "likewise"),
    ("__kmpc_taskloop", "likewise"),
    ("__kmpc_taskloop_5", "likewise"),
    ("__kmpc_omp_wait_deps", "its arrays are of records"),
    ("__kmpc_omp_taskwait_deps_51", "likewise"),
    ("__tgt_interop_init", "likewise"),
    ("__tgt_interop_use", "likewise"),
    ("__tgt_interop_destroy", "likewise"),
    ("__kmpc_doacross_init", "likewise"),
    ("__kmpc_taskred_init", "likewise, with functions"),
    ("__kmpc_task_reduction_init", "likewise"),
    ("__kmpc_task_reduction_modifier_init", "likewise"),
    ("kmp_realloc", "its block is of kmp_malloc"),
    ("kmp_free", "likewise"),
    ("__kmpc_taskred_modifier_init", "likewise"),
    (
        "__kmpc_task_reduction_get_th_data",
        "its handle is of the library's own",
    ),
    (
        "__kmpc_init_allocator",
        "as omp_init_allocator, which is called",
    ),
    (
        "__kmpc_copyprivate",
        "all threads of a team must agree who sends",
    ),
    (
        "__kmpc_copyprivate_light",
        "all threads of a team must agree who sends",
    ),
    (
        "__kmpc_threadprivate_cached",
        "a variable has the bytes that are said",
    ),
    ("__kmpc_threadprivate", "likewise"),
];

/// Entries that rightly wait for another thread, if each thread of a team calls them.
const WAITS_IN_TEAM: &[(&str, &str)] = &[
    ("GOMP_critical_start", "nobody leaves the region"),
    ("GOMP_critical_name_start", "likewise"),
    ("GOMP_atomic_start", "nobody ends the operation"),
    ("GOMP_single_copy_start", "nobody sends the data"),
    ("__kmpc_critical", "nobody leaves the region"),
    ("__kmpc_critical_with_hint", "likewise"),
    ("__kmpc_reduce", "likewise"),
    ("__kmpc_reduce_nowait", "likewise"),
    ("omp_set_lock", "nobody unsets the lock"),
    ("omp_set_lock_", "likewise"),
    ("omp_set_nest_lock_", "likewise"),
    ("omp_set_nest_lock", "likewise"),
];

const NUMBERS: [i64; 12] = [
    0,
    1,
    -1,
    i32::MIN as i64,
    i32::MAX as i64,
    i64::MAX,
    i64::MIN,
    2,
    7,
    64,
    1 << 31,
    -8,
];
/// The patterns use this many of the first numbers.
const PATTERNS: usize = 7;
const SMALL: [i64; 5] = [0, 1, -1, i32::MIN as i64, 7];
const FLAG_DETACH: i64 = 1 << 13;
const ROOM: u64 = 32;

/// A call, and whether it has arguments that the ABI excludes.
pub struct Call {
    pub line: String,
    pub invalid: bool,
}

/// An argument's text, and whether the argument is valid.
fn argument(letter: char, number: i64, addressed: bool) -> (String, bool) {
    let text = number.to_string();
    // An argument of 32 bits would count its elements in these.
    let fits = number as u64 <= ROOM;
    let small = SMALL[number.rem_euclid(SMALL.len() as i64) as usize];
    let valid = |memory: &str| (memory.to_string(), true);
    match letter {
        'i' => (text, true),
        'b' => ((number & 1).to_string(), true),
        'm' => (small.to_string(), true),
        'F' => ((number & !FLAG_DETACH).to_string(), true),
        'c' => (text, fits),
        'o' => (number.min(0).to_string(), true),
        'e' => (text, number == 0),
        'h' => (text, (0..=8).contains(&number)),
        'g' if number & 1 == 0 => valid("0"),
        'n' | 'S' | 'g' if number == 0 && !addressed => valid("0"),
        'q' if addressed => (format!("q{number}"), true),
        'Q' if addressed => (format!("q{number}"), fits),
        'H' if addressed => (format!("q{number}"), (0..=8).contains(&number)),
        'n' | 'p' if addressed => valid("z"),
        's' | 'S' if addressed => valid("t"),
        'f' | 'g' if addressed => valid("f"),
        _ => (text, false),
    }
}

/// The letters of an entry.
fn letters(name: &str) -> Option<&'static str> {
    let is = |pattern: &str| match (pattern.strip_suffix('!'), pattern.split_once('*')) {
        (Some(c), _) => name == c || name.strip_suffix('_') == Some(c),
        (_, Some((start, end))) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
        _ => name == pattern,
    };
    TABLE
        .iter()
        .chain(MORE)
        .chain(LLVM)
        .find(|(_, names)| names.split_whitespace().any(is))
        .map(|(letters, _)| *letters)
}

/// The names of a version script, with their nodes.
pub fn of_map(map: &str) -> Vec<(String, String)> {
    let mut node = String::new();
    let mut found = Vec::new();
    for line in map.lines() {
        if let Some(name) = line.strip_suffix(" {") {
            node = name.into();
        }
        let name = line.trim().trim_end_matches(';');
        if name.starts_with("omp_") || name.starts_with("GOMP_") && !line.ends_with('{') {
            found.push((name.into(), node.clone()));
        }
    }
    found
}

/// The functions of our own header.
pub fn of_header(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for line in header.lines().filter(|line| !line.starts_with(' ')) {
        if let Some((before, _)) = line.split_once('(') {
            let name = before.rsplit([' ', '*']).next().unwrap_or_default();
            if name.starts_with("ghcomp_") && !line.starts_with("typedef") {
                found.push((name.into(), "-".into()));
            }
        }
    }
    found
}

/// The calls of an entry: the patterns, and this many random ones. An error if the entry
/// is not in the table.
pub fn calls(rng: &mut Rng, name: &str, node: &str, random: usize) -> Result<Vec<Call>, String> {
    if LEFT_OUT.iter().any(|(out, _)| *out == name) {
        return Ok(Vec::new());
    }
    let Some(letters) = letters(name) else {
        return Err(format!("{name} has no line in rust/tests/fuzz/entries.rs"));
    };
    let mut calls = Vec::new();
    let mut seen = BTreeSet::new();
    let mut add = |threads: u32, arguments: Vec<(String, bool)>| {
        if threads > 0 && WAITS_IN_TEAM.iter().any(|(waits, _)| *waits == name) {
            return;
        }
        let invalid = arguments.iter().any(|(_, valid)| !valid);
        let texts: Vec<String> = arguments.into_iter().map(|(text, _)| text).collect();
        let line = format!("{name} {node} {threads} {}", texts.join(" "));
        if seen.insert(line.clone()) {
            calls.push(Call { line, invalid });
        }
    };
    if letters.is_empty() {
        for threads in [0, 2] {
            add(threads, Vec::new());
        }
        return Ok(calls);
    }
    let mut patterns = |threads, addressed, numbers: &[i64]| {
        for number in numbers {
            let one = |letter| argument(letter, *number, addressed);
            add(threads, letters.chars().map(one).collect());
        }
    };
    patterns(0, false, &NUMBERS[..PATTERNS]);
    patterns(0, true, &NUMBERS[..PATTERNS]);
    // A team is expensive.
    patterns(2, true, &[-1]);
    for _ in 0..random {
        // Mostly valid addresses: an invalid one hides the effect of the other arguments.
        let careful = rng.u32(..4) > 0;
        let threads = pick(rng, &[0, 0, 0, 0, 1, 2, 3]);
        let mut one = |letter| loop {
            let addressed = careful || rng.bool();
            let made = argument(letter, pick(rng, &NUMBERS), addressed && rng.u32(..4) > 0);
            if made.1 || !careful {
                break made;
            }
        };
        add(threads, letters.chars().map(&mut one).collect());
    }
    Ok(calls)
}

/// How a call ended.
pub enum Ending<'a> {
    Exit(i32),
    Signal(i32),
    Missing,
    Other(&'a str),
}

/// How many calls ended in each way, and the entries that ended by SIGSEGV.
#[derive(Default)]
pub struct Tally {
    pub endings: BTreeMap<String, usize>,
    pub crashed: BTreeMap<String, usize>,
}

/// What is wrong with a call's end.
pub fn judge(call: &Call, ending: &Ending, said: &str, tally: &mut Tally) -> Result<(), String> {
    const SIGABRT: i32 = 6;
    const SIGBUS: i32 = 7;
    const SIGSEGV: i32 = 11;
    let name = call.line.split(' ').next().unwrap_or_default();
    let bad = [
        "panicked",
        "RUST_BACKTRACE",
        "stack backtrace",
        "overflowed its stack",
    ];
    let what = match ending {
        Ending::Exit(0) => "returned",
        Ending::Exit(1) => {
            let is_sentence =
                |line: &str| line.starts_with("libgomp: ") || line.starts_with("ghcomp: ");
            match said.trim_end().lines().last() {
                Some(last) if is_sentence(last) => "ended with a sentence",
                _ => return Err(format!("{}: status 1 without a sentence", call.line)),
            }
        }
        Ending::Signal(SIGSEGV | SIGBUS) if call.invalid => {
            *tally.crashed.entry(name.into()).or_default() += 1;
            "SIGSEGV for an address that is none"
        }
        // Newer C libraries check a block before they free it.
        Ending::Signal(SIGABRT) if call.invalid && said.starts_with("free(): invalid") => {
            *tally.crashed.entry(name.into()).or_default() += 1;
            "SIGSEGV for an address that is none"
        }
        Ending::Missing => return Err(format!("{name} is not in the library")),
        Ending::Signal(14) => return Err(format!("{}: hangs", call.line)),
        Ending::Exit(other) => return Err(format!("{}: status {other}: {said}", call.line)),
        Ending::Signal(other) => return Err(format!("{}: signal {other}: {said}", call.line)),
        Ending::Other(text) => return Err(format!("{}: {text:?}", call.line)),
    };
    if bad.iter().any(|bad| said.contains(bad)) {
        return Err(format!("{}: {said}", call.line));
    }
    *tally.endings.entry(what.into()).or_default() += 1;
    Ok(())
}
