//! The tool begins with the first thread that gets a record.

use crate::abi::ompt::end::finalize;
use crate::abi::ompt::lookup::lookup;
use crate::ompt::start;
use crate::team::register::{MASTER_RETIRES, REGISTERS};
use crate::team::thread::Thread;
use crate::tools;

/// The library is loaded: threads that get a record come here.
pub(crate) fn prepare() {
    REGISTERS.provide(registers);
    MASTER_RETIRES.provide(tools::thread_ends);
}

fn registers(me: &'static Thread) {
    if start::has_tool_after(lookup, finalize) {
        tools::thread_begins(me);
    }
}
