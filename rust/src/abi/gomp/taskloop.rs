//! `taskloop` (libgomp ABI; OpenMP 5.2, 12.6).

use crate::abi::gomp::task::{task_flags, task_priority, CopyFn};
use crate::construct::reduction::Block;
use crate::construct::space::IterationSpace;
use crate::tasking::create::Spec;
use crate::tasking::taskloop::{self, Grain, Taskloop};
use crate::team::task::Body;
use core::ffi::{c_int, c_long, c_uint, c_ulong, c_ulonglong, c_void};

const FLAG_UP: c_uint = 1 << 8;
const FLAG_GRAINSIZE: c_uint = 1 << 9;
const FLAG_IF: c_uint = 1 << 10;
const FLAG_NOGROUP: c_uint = 1 << 11;
const FLAG_REDUCTION: c_uint = 1 << 12;
const FLAG_STRICT: c_uint = 1 << 14;

/// The `grainsize` or `num_tasks` clause.
fn grain(flags: c_uint, num_tasks: c_ulong) -> Grain {
    match (flags & FLAG_GRAINSIZE != 0, flags & FLAG_STRICT != 0) {
        (true, true) => Grain::StrictSize(num_tasks),
        (true, false) => Grain::Size(num_tasks),
        (false, _) if num_tasks == 0 => Grain::Default,
        (false, _) => Grain::Tasks(num_tasks),
    }
}

/// The beginning of a task's data in a taskloop with reductions.
#[repr(C)]
struct Head {
    bounds: [u64; 2],
    reductions: *mut usize,
}

/// Runs the loop.
///
/// # Safety
///
/// As for [`GOMP_taskloop`].
unsafe fn run(
    task: Spec,
    space: IterationSpace,
    flags: c_uint,
    num_tasks: c_ulong,
    priority: c_int,
) {
    let group = flags & FLAG_NOGROUP == 0;
    // SAFETY: with reductions, the data begin like this.
    let reductions = (group && flags & FLAG_REDUCTION != 0)
        .then(|| unsafe { (*task.data.cast::<Head>()).reductions });
    let taskloop = Taskloop {
        task,
        priority: task_priority(flags, priority),
        space,
        grain: grain(flags, num_tasks),
        group,
        // SAFETY: the caller's promise.
        reductions: reductions.and_then(|words| unsafe { Block::new(words) }),
    };
    // SAFETY: the caller's promise.
    let opened = unsafe { taskloop::run(taskloop) };
    if let (Some(words), false) = (reductions, opened) {
        // SAFETY: a block has this word; 0 says that there is no memory, so
        // nothing to combine.
        unsafe { *words.add(2) = 0 };
    }
}

macro_rules! entry {
    ($name:ident, $integer:ty, $space:expr) => {
        /// A taskloop over the values from `start` to `end` by `step`; `end` is
        /// not one of them.
        ///
        /// `body`, `data`, `copy`, `arg_size`, `arg_align` and `priority` are those
        /// of `GOMP_task`. A task's data begin with its own two bounds; `copy`
        /// leaves these alone. `flags`: bits 0 to 2 and 4 are those of `GOMP_task`;
        /// 8: the loop counts up; 9: `num_tasks` is the grain size; 10: the `if`
        /// clause is true; 11: `nogroup`; 12: `reduction`; 14: the grain size is
        /// strict. With bit 12 the data's third word points to the block, whose word
        /// 2 is set to 0 if there are no iterations. `num_tasks` 0: the runtime
        /// chooses.
        ///
        /// # Safety
        ///
        /// `body` and `copy` must be callable as described; `data` must have
        /// `arg_size` bytes.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            body: Body,
            data: *mut c_void,
            copy: Option<CopyFn>,
            arg_size: c_long,
            arg_align: c_long,
            flags: c_uint,
            num_tasks: c_ulong,
            priority: c_int,
            start: $integer,
            end: $integer,
            step: $integer,
        ) {
            let task = Spec {
                body,
                data,
                copy,
                size: arg_size as usize,
                align: arg_align as usize,
                deferrable: flags & FLAG_IF != 0,
                flags: task_flags(flags, copy),
            };
            let space: fn(c_uint, $integer, $integer, $integer) -> IterationSpace = $space;
            // SAFETY: the caller's promise.
            unsafe {
                run(
                    task,
                    space(flags, start, end, step),
                    flags,
                    num_tasks,
                    priority,
                )
            }
        }
    };
}

entry! { GOMP_taskloop, c_long, |_, start, end, step| IterationSpace::signed(start, end, step) }
entry! { GOMP_taskloop_ull, c_ulonglong, |flags, start, end, step| {
    IterationSpace::unsigned(flags & FLAG_UP != 0, start, end, step)
} }
