//! Static loops and `distribute`, as GCC 17 compiles them (libgomp's development branch:
//! `GOMP_loop_static_worksharing*`, `GOMP_distribute_static_worksharing*`).
//!
//! The compiler computes a thread's iterations itself. It asks for the two numbers that it
//! needs in one call. `iterations`: how many the whole loop has. The entries with `_start`,
//! `_dispatch` and `_end` are those of `-fopenmp-ompt`. No barrier is in `_end`.

use crate::parallel::league;
use crate::team::register::current;
use crate::worksharing::static_loop::{self, Static};
use core::ffi::{c_int, c_ulonglong};

/// C's `_Complex int`: how many share the loop, and which of them the caller is, from 0.
#[repr(C)]
pub struct Share {
    size: c_int,
    num: c_int,
}

/// The calling thread's share of a loop over its team.
fn in_team() -> Share {
    let context = current().context();
    Share {
        size: context.team.size() as c_int,
        num: context.member.num as c_int,
    }
}

/// The calling thread's team's share of a loop over its league.
fn in_league() -> Share {
    let league = league::here();
    Share {
        size: league.size as c_int,
        num: league.num as c_int,
    }
}

macro_rules! entries {
    ($what:literal, $share:path, $kind:ident:
        $plain:ident, $start:ident, $dispatch:ident, $end:ident) => {
        #[doc = concat!("Meets ", $what, ". Answers how many share it, and the caller's number.")]
        #[no_mangle]
        pub extern "C" fn $plain(iterations: c_ulonglong) -> Share {
            let _ = iterations;
            $share()
        }

        #[doc = concat!("Meets ", $what, " as the entry without `_start` does.")]
        #[no_mangle]
        pub extern "C" fn $start(iterations: c_ulonglong) -> Share {
            static_loop::start(Static::$kind, iterations);
            $share()
        }

        #[doc = concat!("Tells that a chunk of ", $what, " begins: its first iteration,")]
        /// counted from 0, and how many it has.
        #[no_mangle]
        pub extern "C" fn $dispatch(start: c_ulonglong, iterations: c_ulonglong) {
            static_loop::chunk(Static::$kind, (start, iterations));
        }

        #[doc = concat!("Ends ", $what, ".")]
        #[no_mangle]
        pub extern "C" fn $end() {
            static_loop::end();
        }
    };
}

entries!("a static loop", in_team, Loop:
    GOMP_loop_static_worksharing, GOMP_loop_static_worksharing_start,
    GOMP_loop_static_worksharing_dispatch, GOMP_loop_static_worksharing_end);

entries!("a `distribute` with a static schedule", in_league, Distribute:
    GOMP_distribute_static_worksharing, GOMP_distribute_static_worksharing_start,
    GOMP_distribute_static_worksharing_dispatch, GOMP_distribute_static_worksharing_end);
