//! The tool's callbacks (OpenMP 5.2, 19.5).
//!
//! Each event has a function here that calls the tool's callback, if it gave one. The
//! arguments are those of the specification. Numbers of kinds are its numbers
//! (`omp-tools.h`).

use crate::points::{self, CONSTRUCTS, LOOPS, MUTEXES, REGIONS, TASKS, WAITS};
use core::ffi::{c_char, c_int, c_uint, c_void};
use core::sync::atomic::{AtomicPtr, Ordering};

/// A word that belongs to the tool (`ompt_data_t`).
pub type Data = *mut u64;
/// The frames of a task (`ompt_frame_t`).
pub type FramePointer = *const crate::ompt::record::Frames;
/// An address in code.
pub type Code = *const c_void;

/// Events that have no number above this one.
const MAX_EVENT: usize = 37;

/// The callbacks by the number of their events.
static CALLBACKS: [AtomicPtr<c_void>; MAX_EVENT + 1] =
    [const { AtomicPtr::new(core::ptr::null_mut()) }; MAX_EVENT + 1];

/// Whether an event happens (`ompt_set_result_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Registered {
    /// There is no such event.
    Error = 0,
    /// It never happens here.
    Never = 1,
    /// It is told of in some of the cases.
    Sometimes = 3,
    /// It is told of whenever it happens.
    Always = 5,
}

/// Gives event `number` a callback, or takes it away (null).
pub fn set(number: c_uint, callback: *mut c_void) -> Registered {
    let Some(slot) = CALLBACKS.get(number as usize) else {
        return Registered::Error;
    };
    let Some((_, kinds, how)) = EVENTS.iter().find(|(event, ..)| *event == number) else {
        let is_device = (8..=10).contains(&number)
            || (12..=15).contains(&number)
            || number == 22
            || (33..=36).contains(&number);
        return if is_device {
            Registered::Never
        } else {
            Registered::Error
        };
    };
    // Release: who calls the function sees what the tool prepared.
    slot.store(callback, Ordering::Release);
    if !callback.is_null() {
        points::tool(*kinds);
    }
    *how
}

/// The callback of event `number`.
pub fn get(number: c_uint) -> Option<*mut c_void> {
    let slot = CALLBACKS.get(number as usize)?;
    Some(slot.load(Ordering::Acquire)).filter(|callback| !callback.is_null())
}

/// The tool gets no more calls.
pub fn clear() {
    for slot in &CALLBACKS {
        slot.store(core::ptr::null_mut(), Ordering::Release);
    }
}

macro_rules! events {
    ($($(#[$doc:meta])* $number:literal $how:ident $kinds:expr =>
        $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        /// The events: number, the points where they happen, and how often they are told of.
        const EVENTS: &[(c_uint, u32, Registered)] = &[
            $(($number, $kinds, Registered::$how),)*
        ];
        $(
            $(#[$doc])*
            pub(crate) fn $name($($argument: $type),*) $(-> Option<$result>)? {
                events!(@call $number, ($($argument: $type),*) $(-> $result)?)
            }
        )*
    };
    (@call $number:literal, ($($argument:ident: $type:ty),*)) => {
        if let Some(callback) = get($number) {
            // SAFETY: the tool gave a function of this type for this event.
            unsafe {
                core::mem::transmute::<*mut c_void, unsafe extern "C" fn($($type),*)>(callback)(
                    $($argument),*
                )
            }
        }
    };
    (@call $number:literal, ($($argument:ident: $type:ty),*) -> $result:ty) => {
        get($number).map(|callback| {
            // SAFETY: the tool gave a function of this type for this event.
            unsafe {
                core::mem::transmute::<*mut c_void, unsafe extern "C" fn($($type),*) -> $result>(
                    callback,
                )($($argument),*)
            }
        })
    };
}

events! {
    /// A thread begins to use OpenMP. `kind`: 1 initial, 2 worker, 3 another.
    1 Always REGIONS => thread_begin(kind: c_int, thread: Data);
    /// A thread ends.
    2 Always REGIONS => thread_end(thread: Data);
    /// A task meets a `parallel` or `teams`.
    3 Always REGIONS => parallel_begin(task: Data, frames: FramePointer, region: Data,
        requested: c_uint, flags: c_int, code: Code);
    /// The region has ended.
    4 Always REGIONS => parallel_end(region: Data, task: Data, flags: c_int, code: Code);
    /// A task creates another one.
    5 Always TASKS => task_create(task: Data, frames: FramePointer, new: Data, flags: c_int,
        has_dependences: c_int, code: Code);
    /// A thread goes from one task to another. `status` is that of the first.
    6 Always TASKS => task_schedule(prior: Data, status: c_int, next: Data);
    /// An implicit or initial task begins (1) or ends (2).
    7 Always REGIONS => implicit_task(end: c_int, region: Data, task: Data, size: c_uint,
        num: c_uint, flags: c_int);
    /// The program calls `omp_control_tool`.
    11 Always 0 => control_tool(command: u64, modifier: u64, argument: *mut c_void, code: Code)
        -> c_int;
    /// A thread waits at a barrier, or for tasks.
    16 Always WAITS => sync_region_wait(kind: c_int, end: c_int, region: Data, task: Data,
        code: Code);
    /// A thread leaves a lock or a region that excludes others.
    17 Always MUTEXES => mutex_released(kind: c_int, id: u64, code: Code);
    /// A task has these dependences.
    18 Always TASKS => dependences(task: Data, list: *const c_void, count: c_int);
    /// A task waits for another one.
    19 Sometimes TASKS => task_dependence(before: Data, after: Data);
    /// A worksharing construct begins or ends for a thread.
    20 Always LOOPS => work(kind: c_int, end: c_int, region: Data, task: Data, count: u64,
        code: Code);
    /// A `masked` region begins or ends.
    21 Always CONSTRUCTS => masked(end: c_int, region: Data, task: Data, code: Code);
    /// A barrier, `taskwait` or `taskgroup` begins or ends for a thread.
    23 Always WAITS => sync_region(kind: c_int, end: c_int, region: Data, task: Data, code: Code);
    /// A lock is made.
    24 Always MUTEXES => lock_init(kind: c_int, hint: c_uint, how: c_uint, id: u64, code: Code);
    /// A lock is destroyed.
    25 Always MUTEXES => lock_destroy(kind: c_int, id: u64, code: Code);
    /// A thread wants a lock.
    26 Always MUTEXES => mutex_acquire(kind: c_int, hint: c_uint, how: c_uint, id: u64,
        code: Code);
    /// A thread has the lock.
    27 Always MUTEXES => mutex_acquired(kind: c_int, id: u64, code: Code);
    /// A thread takes a nestable lock again, or gives one of its holds back.
    28 Always MUTEXES => nest_lock(end: c_int, id: u64, code: Code);
    /// A `flush` that the runtime sees.
    29 Sometimes CONSTRUCTS => flush(thread: Data, code: Code);
    /// A task cancels, or sees that it is cancelled.
    30 Always CONSTRUCTS => cancel(task: Data, flags: c_int, code: Code);
    /// The threads of a team reduce.
    31 Sometimes WAITS => reduction(kind: c_int, end: c_int, region: Data, task: Data,
        code: Code);
    /// A thread gets a piece of work.
    32 Sometimes LOOPS => dispatch(region: Data, task: Data, kind: c_int, what: u64);
    /// The directive `error`.
    37 Always 0 => error(severity: c_int, message: *const c_char, length: usize, code: Code);
}
