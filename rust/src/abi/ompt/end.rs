//! The end of the tool, and what the program says to it.

use crate::ompt::start;
use crate::parallel::pool;
use crate::team::register::known;
use crate::tools;
use core::ffi::{c_int, c_void};

/// The tool ends: at the end of the process, or when it says so itself.
pub(crate) extern "C" fn finalize() {
    if start::has_tool() {
        // The idle workers end, so that the tool hears of their ends.
        pool::dismiss();
        if let Some(me) = known() {
            tools::ends(me);
        }
    }
    start::end();
}

/// Speaks to the tool (OpenMP 5.2, 18.14). `command`: 1 start, 2 pause, 3 flush, 4 end; from 64
/// on the tool's own. Answers what the tool does; -1: it has no callback for it; -2: there is
/// no tool.
///
/// # Safety
///
/// `argument` is what the tool expects.
#[no_mangle]
pub unsafe extern "C" fn omp_control_tool(
    command: c_int,
    modifier: c_int,
    argument: *mut c_void,
) -> c_int {
    if !start::has_tool() {
        return -2;
    }
    tools::control(command as u64, modifier as u64, argument)
}
