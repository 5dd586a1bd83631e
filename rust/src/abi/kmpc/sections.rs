//! `sections` whose number is told with each question (LLVM ABI; Intel's compilers; Clang
//! makes a static loop of them).

use crate::abi::kmpc::Location;
use crate::construct::space::IterationSpace;
use crate::icv::{ScheduleClause, ScheduleKind};
use crate::team::register::current;
use crate::worksharing::loops::{self, Order, Plan};
use core::ffi::c_int;

/// Meets the sections. 0: the team has one thread, which executes all of them without
/// asking.
#[no_mangle]
pub extern "C" fn __kmpc_sections_init(location: *const Location, thread: c_int) -> c_int {
    let _ = (location, thread);
    if current().context().team.size() == 1 {
        return 0;
    }
    // As many as there may be; in order, so those that are not there come last.
    loops::start(&Plan {
        space: IterationSpace::plain(u64::from(u32::MAX)),
        schedule: ScheduleClause::Kind(ScheduleKind::Dynamic),
        chunk: 1,
        order: Order::Monotonic,
    });
    1
}

/// The number, from 0, of a section for the calling thread; `count` or more: none is left.
#[no_mangle]
pub extern "C" fn __kmpc_next_section(
    location: *const Location,
    thread: c_int,
    count: c_int,
) -> c_int {
    let _ = (location, thread);
    let next = loops::next_at_most(1).map(|(section, _)| section);
    next.and_then(|section| c_int::try_from(section).ok())
        .map_or(count, |section| section.min(count))
}

/// The sections are over for the calling thread. A barrier, if there is one, is a call of
/// its own.
#[no_mangle]
pub extern "C" fn __kmpc_end_sections(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    if current().context().team.size() > 1 {
        loops::end_nowait();
    }
}
