//! `parallel` (LLVM ABI: `__kmpc_fork_call` and its kin).
//!
//! The body of a region is a *microtask*: a function of the thread's two numbers, by
//! pointers, and of one pointer for each variable that the region uses. `cbits/microtask.c`
//! has the entries with a variable number of arguments, and the call of a microtask.

use crate::abi::kmpc::Location;
use crate::icv::Icv;
use crate::parallel::fork::Request;
use crate::parallel::{self, barrier};
use crate::team::region::Payload;
use crate::team::register::current;
use crate::team::thread::{Levels, NextRegion, Thread};
use crate::tools::WaitKind;
use crate::{messages, team::thread::Context};
use core::ffi::{c_char, c_int, c_void};
use core::ptr::NonNull;

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
    /// At least [`FEWEST`].
    pub arguments: *const *mut c_void,
}

/// Clauses that few regions have.
struct Rare {
    /// The threads that `num_threads(strict: )` asks for, and the severity if they are not
    /// to be had; 0 without it.
    strict: (u32, u32),
    /// Numbers of threads of the regions inside, if a clause gives them.
    levels: Option<Levels<'static>>,
}

impl Microtask {
    /// Calls the microtask for the calling thread, which is this member.
    ///
    /// # Safety
    ///
    /// The compiled code gave the function, and as many arguments as it takes.
    unsafe fn call(&self, me: &Thread, member: u32) {
        let (global, bound) = (me.number as c_int, member as c_int);
        // SAFETY: the caller's promise.
        unsafe {
            ghcomp_microtask_call(self.function, &global, &bound, self.count, self.arguments);
        }
    }

    /// For a region's constants: the function, the number of arguments, the rare clauses, the
    /// array of arguments if there are many, or else the arguments.
    ///
    /// # Safety
    ///
    /// The array has `count` elements.
    unsafe fn payload(&self, rare: Option<&Rare>) -> Payload {
        let mut words = Payload::NONE;
        let [function, count, clauses, arguments, few @ ..] = &mut words.0;
        *function = self.function as *mut c_void;
        *count = core::ptr::without_provenance_mut(self.count.max(0) as usize);
        *clauses = rare.map_or(core::ptr::null_mut(), |rare| {
            core::ptr::from_ref(rare).cast_mut().cast()
        });
        let given = self.count.max(0) as usize;
        if given > FEWEST {
            *arguments = self.arguments.cast_mut().cast();
        } else {
            for (index, word) in few[..given].iter_mut().enumerate() {
                // SAFETY: the caller's promise.
                *word = unsafe { *self.arguments.add(index) };
            }
        }
        words
    }
}

/// The body of a league's teams: calls the [`Microtask`] at `data`.
pub(super) unsafe extern "C" fn run(data: *mut c_void) {
    let me = current();
    let number = me.context().member.num;
    // SAFETY: the master's frame has the record until the league is over; the compiled code
    // gave the microtask.
    unsafe { (*data.cast::<Microtask>()).call(me, number) }
}

/// The body of a region: calls the microtask that the region's payload describes.
unsafe extern "C" fn run_payload(_: *mut c_void) {
    let me = current();
    let Context { team, member, .. } = me.context();
    let Payload([function, count, clauses, arguments, few @ ..]) = team.region.payload.get();
    let microtask = Microtask {
        // SAFETY: `Microtask::payload` put a function there.
        function: unsafe { core::mem::transmute::<*mut c_void, Function>(function) },
        count: count.addr() as c_int,
        arguments: if arguments.is_null() {
            few.as_ptr()
        } else {
            arguments.cast()
        },
    };
    // SAFETY: if it is not null, the record is on the master's frame until the region is over.
    let rare = unsafe { clauses.cast::<Rare>().as_ref() };
    // SAFETY: the compiled code gave the function and as many arguments as it takes.
    let call = || unsafe { microtask.call(me, member.num) };
    match rare {
        None => call(),
        Some(rare) => with_rare(me, team.size(), member.num, rare, call),
    }
}

/// Calls the body in a region with rare clauses.
#[cold]
fn with_rare(me: &Thread, size: u32, member: u32, rare: &Rare, body: impl FnOnce()) {
    let (wanted, severity) = rare.strict;
    if severity != 0 && member == 0 && size < wanted {
        too_few_threads(wanted, size, severity);
    }
    match rare.levels {
        None => body(),
        Some(levels) => with_levels(me, levels, body),
    }
}

/// Calls the body in a region whose clause gives the numbers of threads of regions inside.
fn with_levels(me: &Thread, levels: Levels<'static>, body: impl FnOnce()) {
    let task = me.context().task;
    let nthreads = levels.list[levels.at.min(levels.list.len() - 1)];
    task.icv.set(Icv {
        nthreads,
        ..task.icv.get()
    });
    let around = me.levels.replace(Some(levels));
    body();
    me.levels.set(around);
}

/// The numbers of threads for regions inside of one that starts with these clauses.
fn levels(me: &Thread, clauses: &NextRegion) -> Option<Levels<'static>> {
    match clauses.list {
        Some(list) => Some(Levels {
            // SAFETY: the list is the region's from now on; `fork` frees it when the region
            // is over, and no thread is in it any more.
            list: unsafe { list.as_ref() },
            at: 1,
        }),
        None => me.levels.get().map(|levels| Levels {
            at: levels.at + 1,
            ..levels
        }),
    }
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
    let microtask = Microtask {
        function,
        count,
        arguments,
    };
    let rare = Rare {
        strict: (clauses.threads, clauses.strict),
        levels: levels(current(), &clauses),
    };
    let is_rare = clauses.strict != 0 || rare.levels.is_some();
    let request = Request {
        threads: clauses.threads,
        bind: clauses.bind,
    };
    // SAFETY: the caller's promise. Arguments and clauses are on this frame and on the caller's
    // until the region is over.
    unsafe {
        let payload = microtask.payload(is_rare.then_some(&rare));
        parallel::parallel_with_payload(run_payload, &payload, request);
    }
    free(clauses.list);
}

/// Frees the list of a clause.
fn free(list: Option<NonNull<Vec<u32>>>) {
    if let Some(list) = list {
        // SAFETY: `__kmpc_push_num_threads_list` made it, and nobody uses it any more.
        drop(unsafe { Box::from_raw(list.as_ptr()) });
    }
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
            list: clauses.list,
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
    let _ = (location, thread);
    free(take_clauses().list);
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

/// `num_threads` of the thread's next region, and of regions inside of it, by their depth. The
/// last number counts for all deeper ones.
///
/// # Safety
///
/// `list` has `count` elements.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_push_num_threads_list(
    location: *const Location,
    thread: c_int,
    count: u32,
    list: *const c_int,
) {
    if count == 0 {
        return;
    }
    // SAFETY: the caller's promise.
    let numbers = unsafe { core::slice::from_raw_parts(list, count as usize) };
    let numbers: Vec<u32> = numbers
        .iter()
        .map(|&n| positive("num_threads", n).max(1))
        .collect();
    __kmpc_push_num_threads(location, thread, numbers[0] as c_int);
    free(take_list());
    if numbers.len() > 1 {
        let list = NonNull::from(Box::leak(Box::new(numbers)));
        give_clauses(|clauses| clauses.list = Some(list));
    }
}

/// The list of the next region, which has none afterwards.
fn take_list() -> Option<NonNull<Vec<u32>>> {
    let mut taken = None;
    give_clauses(|clauses| taken = clauses.list.take());
    taken
}

/// [`__kmpc_push_num_threads_list`] with `strict`, as for [`__kmpc_push_num_threads_strict`].
///
/// # Safety
///
/// As for [`__kmpc_push_num_threads_list`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_push_num_threads_list_strict(
    location: *const Location,
    thread: c_int,
    count: u32,
    list: *const c_int,
    severity: c_int,
    message: *const c_char,
) {
    let _ = message;
    // SAFETY: the caller's promise.
    unsafe { __kmpc_push_num_threads_list(location, thread, count, list) };
    give_clauses(|clauses| clauses.strict = severity.max(0) as u32);
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

/// What the compiler says about a barrier: of a worksharing construct, or a directive.
///
/// # Safety
///
/// As for [`Location::has`].
pub(super) unsafe fn barrier_kind(location: *const Location) -> WaitKind {
    const OF_WORKSHARING: c_int = 0x40;
    // SAFETY: the caller's promise.
    if unsafe { Location::has(location, OF_WORKSHARING) } {
        WaitKind::WorkshareBarrier
    } else {
        WaitKind::Barrier
    }
}

/// A barrier of the team, which also ends its tasks.
///
/// # Safety
///
/// `location` is null or a record of the compiler.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_barrier(location: *const Location, thread: c_int) {
    let _ = thread;
    // SAFETY: the caller's promise.
    barrier::cancellable_barrier(unsafe { barrier_kind(location) });
}
