//! What a thread does (`ompt_state_t`; OpenMP 5.2, 19.4.4.28), and how locks are made.

use core::ffi::{c_char, c_int, CStr};

macro_rules! states {
    ($($name:ident = $number:literal, $text:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($text), "`")]
            pub const $name: c_int = $number;
        )*
        /// All states and their names, in order.
        const ALL: &[(c_int, &CStr)] = &[$(($number, $text)),*];
    };
}

states! {
    WORK_SERIAL = 0x000, c"ompt_state_work_serial";
    WORK_PARALLEL = 0x001, c"ompt_state_work_parallel";
    WAIT_BARRIER_IMPLICIT_PARALLEL = 0x011, c"ompt_state_wait_barrier_implicit_parallel";
    WAIT_BARRIER_IMPLICIT_WORKSHARE = 0x012, c"ompt_state_wait_barrier_implicit_workshare";
    WAIT_BARRIER_EXPLICIT = 0x014, c"ompt_state_wait_barrier_explicit";
    WAIT_BARRIER_IMPLEMENTATION = 0x015, c"ompt_state_wait_barrier_implementation";
    WAIT_TASKWAIT = 0x020, c"ompt_state_wait_taskwait";
    WAIT_TASKGROUP = 0x021, c"ompt_state_wait_taskgroup";
    WAIT_LOCK = 0x041, c"ompt_state_wait_lock";
    WAIT_CRITICAL = 0x042, c"ompt_state_wait_critical";
    WAIT_ATOMIC = 0x043, c"ompt_state_wait_atomic";
    WAIT_ORDERED = 0x044, c"ompt_state_wait_ordered";
    IDLE = 0x100, c"ompt_state_idle";
    OVERHEAD = 0x101, c"ompt_state_overhead";
    UNDEFINED = 0x102, c"ompt_state_undefined";
}

/// How the runtime's locks are made: a word, and a queue of sleepers.
pub const LOCK_IMPLEMENTATION: c_int = 2;

/// The entry of `list` after `current`; the first one if `current` is in none.
fn after(list: &[(c_int, &'static CStr)], current: c_int) -> Option<(c_int, *const c_char)> {
    let next = match list.iter().position(|&(number, _)| number == current) {
        Some(position) => position + 1,
        None => 0,
    };
    list.get(next)
        .map(|&(number, name)| (number, name.as_ptr()))
}

/// The state after `current`, and its name. `UNDEFINED` begins the list, as the
/// specification says.
pub fn next_state(current: c_int) -> Option<(c_int, *const c_char)> {
    let from = if current == UNDEFINED { -1 } else { current };
    after(ALL, from).filter(|&(number, _)| number != UNDEFINED)
}

/// The implementation of locks after `current`; 0 begins the list.
pub fn next_lock_implementation(current: c_int) -> Option<(c_int, *const c_char)> {
    const LIST: &[(c_int, &CStr)] = &[(LOCK_IMPLEMENTATION, c"ghcomp_mutex_impl_queuing")];
    after(LIST, current)
}
