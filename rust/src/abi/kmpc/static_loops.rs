//! Static loops, `sections` and `distribute` (LLVM ABI: `__kmpc_for_static_init_*`): the
//! entry narrows the bounds to the calling thread's part. See
//! [`crate::construct::static_bounds`].

use crate::abi::kmpc::Location;
use crate::construct::space::IterationSpace;
use crate::construct::static_bounds::{part, Deal};
use crate::parallel::league;
use crate::team::register::current;
use crate::worksharing::static_loop::{self, Static};
use core::ffi::c_int;

/// The numbers of the schedules, as the compiler passes them to static loops.
mod kind {
    pub const CHUNKED: i32 = 33;
    pub const BALANCED_CHUNKED: i32 = 45;
    pub const ORDERED_CHUNKED: i32 = 65;
    pub const DISTRIBUTE_CHUNKED: i32 = 91;
    pub const DISTRIBUTE: i32 = 92;
    /// Bits beside the number: `monotonic` and `nonmonotonic`.
    pub const MODIFIERS: i32 = 1 << 29 | 1 << 30;
}

/// How a schedule deals out, and whether it is `distribute`, which deals out to teams.
fn deal(schedule: i32, chunk: i64) -> (Deal, bool) {
    let chunk = chunk.max(1) as u64;
    match schedule & !kind::MODIFIERS {
        kind::CHUNKED | kind::ORDERED_CHUNKED => (Deal::Chunks(chunk), false),
        kind::BALANCED_CHUNKED => (Deal::Multiples(chunk), false),
        kind::DISTRIBUTE_CHUNKED => (Deal::Chunks(chunk), true),
        kind::DISTRIBUTE => (Deal::Blocks, true),
        _ => (Deal::Blocks, false),
    }
}

/// The calling thread's number and its team's size, or those of the team and the league.
fn position(in_league: bool) -> (u32, u32) {
    if in_league {
        let league = league::here();
        (league.num, league.size)
    } else {
        let context = current().context();
        (context.member.num, context.team.size())
    }
}

/// The bounds of an empty part of a loop up to `upper`: the lower one is behind that, for
/// code that compares with the loop's bound, unless the type ends there.
macro_rules! empty {
    ($integer:ty, $upper:expr, $incr:expr) => {{
        let (upper, incr) = ($upper, $incr);
        let past = upper.wrapping_add(incr as $integer);
        if (incr > 0 && past > upper) || (incr < 0 && past < upper) {
            (past, upper)
        } else if incr > 0 {
            (1, 0)
        } else {
            (0, 1)
        }
    }};
}

/// The construct, as the location's flags have it.
///
/// # Safety
///
/// As for [`Location::has`].
unsafe fn what(location: *const Location) -> Static {
    const SECTIONS: c_int = 0x400;
    const DISTRIBUTE: c_int = 0x800;
    // SAFETY: the caller's promise.
    unsafe {
        if Location::has(location, SECTIONS) {
            Static::Sections
        } else if Location::has(location, DISTRIBUTE) {
            Static::Distribute
        } else {
            Static::Loop
        }
    }
}

macro_rules! entries {
    ($($name:ident, $distribute:ident, $team:ident, $integer:ty, $signed:ty, $space:expr;)*) => {$(
        /// Meets a static loop over `*lower..=*upper` by `incr`. Stores the calling thread's
        /// part: its first part's bounds, and at `stride` how far its next part is. `*last`:
        /// whether the thread has the last iteration. A loop without iterations keeps its
        /// bounds. `schedule`: 33 chunks, 34 blocks, 45 blocks of whole chunks; for the
        /// teams of a league 91 chunks, 92 blocks.
        ///
        /// # Safety
        ///
        /// The pointers are valid; `last` may be null.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            location: *const Location,
            thread: c_int,
            schedule: c_int,
            last: *mut c_int,
            lower: *mut $integer,
            upper: *mut $integer,
            stride: *mut $signed,
            incr: $signed,
            chunk: $signed,
        ) {
            let _ = thread;
            let (deal, in_league) = deal(schedule, i64::from(chunk));
            // SAFETY: the caller's promise.
            unsafe {
                let space = $space(*lower, *upper, incr);
                static_loop::start(what(location), space.trip);
                *stride = incr;
                let mut is_last = false;
                if space.trip > 0 {
                    match part(space, deal, position(in_league)) {
                        Some(part) => {
                            static_loop::chunk(what(location), part.iterations);
                            (*lower, *upper) = (part.lower as $integer, part.upper as $integer);
                            *stride = part.stride as $signed;
                            is_last = part.is_last;
                        }
                        None => (*lower, *upper) = empty!($integer, *upper, incr),
                    }
                }
                if let Some(last) = last.as_mut() {
                    *last = c_int::from(is_last);
                }
            }
        }

        /// Meets a loop whose chunks are dealt out to the teams of a league (`distribute` with
        /// `dist_schedule(static, chunk)`). Stores the bounds of the team's first chunk, and at
        /// `stride` how far the next one is.
        ///
        /// # Safety
        ///
        /// As for the loop without teams.
        #[no_mangle]
        pub unsafe extern "C" fn $team(
            location: *const Location,
            thread: c_int,
            last: *mut c_int,
            lower: *mut $integer,
            upper: *mut $integer,
            stride: *mut $signed,
            incr: $signed,
            chunk: $signed,
        ) {
            let schedule = kind::DISTRIBUTE_CHUNKED;
            // SAFETY: the caller's promise.
            unsafe { $name(location, thread, schedule, last, lower, upper, stride, incr, chunk) }
        }

        /// Meets a loop that is distributed to the teams of a league and then to the threads
        /// of a team. Stores the thread's part, and at `upper_of_team` the last value of the
        /// team's.
        ///
        /// # Safety
        ///
        /// As for the loop without teams.
        #[no_mangle]
        pub unsafe extern "C" fn $distribute(
            location: *const Location,
            thread: c_int,
            schedule: c_int,
            last: *mut c_int,
            lower: *mut $integer,
            upper: *mut $integer,
            upper_of_team: *mut $integer,
            stride: *mut $signed,
            incr: $signed,
            chunk: $signed,
        ) {
            let _ = (location, thread);
            let (deal, _) = deal(schedule, i64::from(chunk));
            // SAFETY: the caller's promise.
            unsafe {
                let whole = $space(*lower, *upper, incr);
                static_loop::start(Static::Loop, whole.trip);
                *stride = incr;
                *upper_of_team = *upper;
                let mut is_last = false;
                match part(whole, Deal::Blocks, position(true)) {
                    Some(of_team) => {
                        let (from, to) = (of_team.lower as $integer, of_team.upper as $integer);
                        *upper_of_team = to;
                        match part($space(from, to, incr), deal, position(false)) {
                            Some(part) => {
                                (*lower, *upper) =
                                    (part.lower as $integer, part.upper as $integer);
                                *stride = part.stride as $signed;
                                is_last = of_team.is_last && part.is_last;
                            }
                            None => (*lower, *upper) = empty!($integer, to, incr),
                        }
                    }
                    None if whole.trip > 0 => {
                        (*lower, *upper) = empty!($integer, *upper, incr);
                        *upper_of_team = *upper;
                    }
                    None => {}
                }
                if let Some(last) = last.as_mut() {
                    *last = c_int::from(is_last);
                }
            }
        }
    )*};
}

fn signed<T: Into<i64>>(lower: T, upper: T, incr: T) -> IterationSpace {
    IterationSpace::signed_inclusive(lower.into(), upper.into(), incr.into())
}

fn unsigned<T: Into<u64>>(lower: T, upper: T, incr: impl Into<i64>) -> IterationSpace {
    IterationSpace::unsigned_inclusive(lower.into(), upper.into(), incr.into())
}

entries! {
    __kmpc_for_static_init_4, __kmpc_dist_for_static_init_4, __kmpc_team_static_init_4,
        i32, i32, signed;
    __kmpc_for_static_init_4u, __kmpc_dist_for_static_init_4u, __kmpc_team_static_init_4u,
        u32, i32, unsigned;
    __kmpc_for_static_init_8, __kmpc_dist_for_static_init_8, __kmpc_team_static_init_8,
        i64, i64, signed;
    __kmpc_for_static_init_8u, __kmpc_dist_for_static_init_8u, __kmpc_team_static_init_8u,
        u64, i64, unsigned;
}

/// Ends a static loop.
#[no_mangle]
pub extern "C" fn __kmpc_for_static_fini(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    static_loop::end();
}
