//! Loops that ask for chunks: dynamic, guided, runtime, and all ordered ones (LLVM ABI:
//! `__kmpc_dispatch_*`).

use crate::abi::kmpc::Location;
use crate::construct::space::IterationSpace;
use crate::construct::static_bounds::{part, Deal};
use crate::icv::{ScheduleClause, ScheduleKind};
use crate::messages;
use crate::parallel::league;
use crate::team::region::League;
use crate::worksharing::loops::{self, Order, Plan};
use core::ffi::c_int;

const MONOTONIC: i32 = 1 << 29;
const NONMONOTONIC: i32 = 1 << 30;
/// Numbers from here on are those of loops with an `ordered` clause.
const ORDERED: i32 = 64;
/// Numbers from here on are those of loops whose chunks are not to be merged, as none are.
const NOT_MERGED: i32 = 128;

/// What a number says of a loop.
struct Described {
    schedule: ScheduleClause,
    order: Order,
    /// `schedule(simd: ...)`: the chunk size is a number of iterations of which all chunks are to
    /// be multiples.
    is_simd: bool,
}

fn described(word: i32) -> Described {
    let number = word & !(MONOTONIC | NONMONOTONIC);
    let number = if number > NOT_MERGED {
        number - NOT_MERGED
    } else {
        number
    };
    let is_ordered = number > ORDERED;
    let number = if is_ordered { number - 32 } else { number };
    let schedule = match number {
        33 | 34 | 40 | 41 | 45 => ScheduleClause::Kind(ScheduleKind::Static),
        35 | 44 => ScheduleClause::Kind(ScheduleKind::Dynamic),
        36 | 39 | 42 | 43 | 46 => ScheduleClause::Kind(ScheduleKind::Guided),
        37 | 47 => ScheduleClause::Runtime,
        38 => ScheduleClause::Kind(ScheduleKind::Auto),
        other => {
            messages::warn_once("schedule of Clang", || {
                format!("{other} is not the number of a schedule; using schedule(static)")
            });
            ScheduleClause::Kind(ScheduleKind::Static)
        }
    };
    let order = if is_ordered {
        Order::Ordered
    } else if word & MONOTONIC != 0 {
        Order::Monotonic
    } else {
        Order::Any
    };
    Described {
        schedule,
        order,
        is_simd: (45..=47).contains(&number),
    }
}

fn start(space: IterationSpace, word: i32, chunk: i64) {
    let Described {
        schedule,
        order,
        is_simd,
    } = described(word);
    let chunk = loops::chunk_size(chunk);
    let plan = |chunk| Plan {
        space,
        schedule,
        chunk,
        order,
    };
    if is_simd {
        loops::start_simd(&plan(0), chunk);
    } else {
        loops::start(&plan(chunk));
    }
}

macro_rules! entries {
    ($($init:ident, $distribute:ident, $next:ident, $fini:ident, $integer:ty, $signed:ty,
        $space:expr;)*) => {$(
        /// Meets a loop over `lower..=upper` by `incr`. `schedule`: 33 static with a chunk
        /// size, 34 static, 35 dynamic, 36 guided, 37 runtime, 38 auto;
        /// 45 static, 46 guided, 47 runtime with the modifier `simd` and its width; 32 more with an
        /// `ordered` clause; bit 29 `monotonic`, bit 30 `nonmonotonic`.
        #[no_mangle]
        pub extern "C" fn $init(
            location: *const Location,
            thread: c_int,
            schedule: c_int,
            lower: $integer,
            upper: $integer,
            incr: $signed,
            chunk: $signed,
        ) {
            let _ = (location, thread);
            start($space(lower.into(), upper.into(), incr.into()), schedule, chunk.into());
        }

        /// Meets such a loop in the team of a league: the team gets a block of the iterations,
        /// of which its threads get chunks. `*last`: whether the block has the last iteration.
        ///
        /// # Safety
        ///
        /// `last` is valid for a write, or null.
        #[no_mangle]
        pub unsafe extern "C" fn $distribute(
            location: *const Location,
            thread: c_int,
            schedule: c_int,
            last: *mut c_int,
            lower: $integer,
            upper: $integer,
            incr: $signed,
            chunk: $signed,
        ) {
            let _ = (location, thread);
            let whole = $space(lower.into(), upper.into(), incr.into());
            let League { num, size, .. } = league::here();
            let (space, is_last) = match part(whole, Deal::Blocks, (num, size)) {
                Some(part) => {
                    let (from, to) = (part.lower as $integer, part.upper as $integer);
                    ($space(from.into(), to.into(), incr.into()), part.is_last)
                }
                None => (IterationSpace::plain(0), false),
            };
            // SAFETY: the caller's promise.
            if let Some(last) = unsafe { last.as_mut() } {
                *last = c_int::from(is_last);
            }
            start(space, schedule, chunk.into());
        }

        /// The calling thread's next chunk, as inclusive bounds. 0 if there is none.
        /// `*last`: whether it has the last iteration.
        ///
        /// # Safety
        ///
        /// The pointers are valid; `last` and `incr` may be null.
        #[no_mangle]
        pub unsafe extern "C" fn $next(
            location: *const Location,
            thread: c_int,
            last: *mut c_int,
            lower: *mut $integer,
            upper: *mut $integer,
            incr: *mut $signed,
        ) -> c_int {
            let _ = (location, thread);
            let Some((from, to, by, is_last)) = loops::next_bounds() else {
                return 0;
            };
            // SAFETY: the caller's promise.
            unsafe {
                (*lower, *upper) = (from as $integer, to as $integer);
                if let Some(incr) = incr.as_mut() {
                    *incr = by as $signed;
                }
                if let Some(last) = last.as_mut() {
                    *last = c_int::from(is_last);
                }
            }
            1
        }

        /// An iteration of an ordered loop has ended: the chunk's turn passes with the
        /// next chunk.
        #[no_mangle]
        pub extern "C" fn $fini(location: *const Location, thread: c_int) {
            let _ = (location, thread);
        }
    )*};
}

entries! {
    __kmpc_dispatch_init_4, __kmpc_dist_dispatch_init_4, __kmpc_dispatch_next_4,
        __kmpc_dispatch_fini_4, i32, i32,
        IterationSpace::signed_inclusive;
    __kmpc_dispatch_init_4u, __kmpc_dist_dispatch_init_4u, __kmpc_dispatch_next_4u,
        __kmpc_dispatch_fini_4u, u32, i32,
        IterationSpace::unsigned_inclusive;
    __kmpc_dispatch_init_8, __kmpc_dist_dispatch_init_8, __kmpc_dispatch_next_8,
        __kmpc_dispatch_fini_8, i64, i64,
        IterationSpace::signed_inclusive;
    __kmpc_dispatch_init_8u, __kmpc_dist_dispatch_init_8u, __kmpc_dispatch_next_8u,
        __kmpc_dispatch_fini_8u, u64, i64,
        IterationSpace::unsigned_inclusive;
}

/// The loop is over for the calling thread, after its last chunk.
#[no_mangle]
pub extern "C" fn __kmpc_dispatch_deinit(location: *const Location, thread: c_int) {
    let _ = (location, thread);
}
