//! `parallel` (LLVM ABI: `__kmpc_fork_call` and its kin).
//!
//! The body of a region is a *microtask*: a function of the thread's two numbers, by
//! pointers, and of one pointer for each variable that the region uses. `cbits/microtask.c`
//! has the entries with a variable number of arguments, and the call of a microtask.

use crate::abi::kmpc::Location;
use crate::parallel::fork::Request;
use crate::parallel::{self, barrier};
use crate::team::register::current;
use crate::team::thread::NextRegion;
use crate::{messages, team::thread::Context};
use core::ffi::{c_char, c_int, c_void};

/// A function of the thread's number in the process, of that in its team, and of more.
pub type Function = unsafe extern "C" fn();

extern "C" {
    /// Calls a microtask with these numbers and arguments. The array has at least
    /// [`FEWEST`] elements.
    fn ghcomp_microtask_call(
        function: Function,
        global: *const c_int,
        bound: *const c_int,
        count: c_int,
        arguments: *const *mut c_void,
    );
}

/// A microtask and its arguments.
#[derive(Clone, Copy)]
pub(super) struct Microtask {
    pub function: Function,
    pub count: c_int,
    pub arguments: *const *mut c_void,
    /// The threads that `num_threads(strict: )` asks for, and the severity if they are not
    /// to be had; 0 without it.
    pub strict: (u32, u32),
}

/// The body of a region: calls the [`Microtask`] at `data`.
pub(super) unsafe extern "C" fn run(data: *mut c_void) {
    let me = current();
    let Context { team, member, .. } = me.context();
    // SAFETY: the master's frame has the record until the region is over.
    let microtask = unsafe { &*data.cast::<Microtask>() };
    let (wanted, severity) = microtask.strict;
    if severity != 0 && member.num == 0 && team.size() < wanted {
        too_few_threads(wanted, team.size(), severity);
    }
    let (global, bound) = (me.number as c_int, member.num as c_int);
    // SAFETY: the compiled code gave the function and as many arguments as it takes.
    unsafe {
        ghcomp_microtask_call(
            microtask.function,
            &global,
            &bound,
            microtask.count,
            microtask.arguments,
        )
    };
}

#[cold]
fn too_few_threads(wanted: u32, got: u32, severity: u32) {
    let text = format!("num_threads(strict: {wanted}): the region has {got} threads");
    if severity == SEVERITY_FATAL {
        messages::fatal(text);
    }
    messages::warn_once("num_threads(strict:)", || text);
}

/// `severity(fatal)`, as the compiler tells it; 1 is a warning.
const SEVERITY_FATAL: u32 = 2;

/// Elements that an array of arguments has at least: `ghcomp_microtask_call` reads so many.
const FEWEST: usize = 4;

/// The clauses given for the region that starts now.
pub(super) fn take_clauses() -> NextRegion {
    current().next_region.take()
}

/// Changes the clauses of the next region.
pub(super) fn give_clauses(change: impl FnOnce(&mut NextRegion)) {
    let next = &current().next_region;
    let mut clauses = next.get();
    change(&mut clauses);
    next.set(clauses);
}

/// A number of threads or teams in a clause; 0 (no clause) for one that is not positive.
pub(super) fn positive(clause: &'static str, n: c_int) -> u32 {
    u32::try_from(n).unwrap_or_else(|_| {
        messages::warn_once(clause, || {
            format!("{clause}: {n} is not positive; using the default")
        });
        0
    })
}

/// Runs a region whose body is the microtask.
///
/// # Safety
///
/// The microtask takes the `count` `arguments`, and may be called from several threads at
/// once.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_microtask_fork(
    function: Function,
    count: c_int,
    arguments: *const *mut c_void,
) {
    let clauses = take_clauses();
    // SAFETY: the caller's promise.
    unsafe { fork(function, count, arguments, clauses) }
}

unsafe fn fork(
    function: Function,
    count: c_int,
    arguments: *const *mut c_void,
    clauses: NextRegion,
) {
    let mut microtask = Microtask {
        function,
        count,
        arguments,
        strict: (clauses.threads, clauses.strict),
    };
    let request = Request {
        threads: clauses.threads,
        bind: clauses.bind,
    };
    let data = core::ptr::from_mut(&mut microtask).cast();
    // SAFETY: the caller's promise; the record is on this frame until the region is over.
    unsafe { parallel::parallel(run, data, request, |_| {}) }
}

/// `parallel if(condition)`: a region whose microtask takes one argument; of one thread if
/// the condition is 0.
///
/// # Safety
///
/// As for [`ghcomp_microtask_fork`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_fork_call_if(
    location: *const Location,
    count: c_int,
    function: Function,
    condition: c_int,
    argument: *mut c_void,
) {
    let _ = (location, count);
    let mut clauses = take_clauses();
    if condition == 0 {
        clauses = NextRegion {
            threads: 1,
            ..NextRegion::default()
        };
    }
    // SAFETY: the caller's promise.
    unsafe { fork(function, 1, [argument; FEWEST].as_ptr(), clauses) }
}

extern "C" fn nothing(_: *mut c_void) {}

/// Begins a region of one thread, whose body the caller runs itself.
#[no_mangle]
pub extern "C" fn __kmpc_serialized_parallel(location: *const Location, thread: c_int) {
    let _ = (location, thread, take_clauses());
    parallel::fork(nothing, core::ptr::null_mut(), 1, |_| {});
}

/// Ends the region that `__kmpc_serialized_parallel` began.
#[no_mangle]
pub extern "C" fn __kmpc_end_serialized_parallel(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    parallel::join();
}

/// `num_threads` of the thread's next region.
#[no_mangle]
pub extern "C" fn __kmpc_push_num_threads(
    location: *const Location,
    thread: c_int,
    threads: c_int,
) {
    let _ = (location, thread);
    let threads = positive("num_threads", threads);
    give_clauses(|clauses| clauses.threads = threads);
}

/// Nothing is to be done: a region takes its `num_threads`.
#[no_mangle]
pub extern "C" fn __kmpc_pop_num_threads(location: *const Location, thread: c_int) {
    let _ = (location, thread);
}

/// `num_threads(strict: threads)` of the thread's next region, with `severity` (1 warning, 2
/// fatal) and `message`, which is not used.
#[no_mangle]
pub extern "C" fn __kmpc_push_num_threads_strict(
    location: *const Location,
    thread: c_int,
    threads: c_int,
    severity: c_int,
    message: *const c_char,
) {
    let _ = (location, thread, message);
    let threads = positive("num_threads", threads);
    give_clauses(|clauses| (clauses.threads, clauses.strict) = (threads, severity.max(0) as u32));
}

/// `proc_bind` of the thread's next region, an `omp_proc_bind_t`.
#[no_mangle]
pub extern "C" fn __kmpc_push_proc_bind(location: *const Location, thread: c_int, bind: c_int) {
    let _ = (location, thread);
    give_clauses(|clauses| clauses.bind = bind.max(0) as u32 & 7);
}

/// The calling thread's number among all threads of the process that ever used OpenMP, from
/// 0.
#[no_mangle]
pub extern "C" fn __kmpc_global_thread_num(location: *const Location) -> c_int {
    let _ = location;
    current().number as c_int
}

/// A barrier of the team, which also ends its tasks.
#[no_mangle]
pub extern "C" fn __kmpc_barrier(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    barrier::cancellable_barrier();
}
