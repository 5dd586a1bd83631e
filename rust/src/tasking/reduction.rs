//! Task reductions: `task_reduction`, `in_reduction`, `reduction(task, ...)`
//! and `reduction` on `taskloop` (OpenMP 5.2, 5.5.5).
//!
//! The compiler describes the list items of a construct in a block of words on
//! its stack, and the runtime gives the block zeroed memory for one private
//! copy of all items per thread. A task asks where the copy of the thread that
//! executes it is. Initialising copies and combining them is the compiler's
//! business; it does the latter when all tasks are done.
//!
//! The data (blocks of words, copies) are [`crate::construct::reduction`].
//!
//! # Who touches what
//!
//! A construct's blocks are written before the first task that can ask for
//! them exists, and only read then, until all its tasks have finished. In a
//! worksharing construct each thread has its own, for the tasks that it
//! creates; the first one to meet it allocates the memory, which its work share
//! hands to the others. A cancelled region's threads leave when they like, so each
//! has a share in the memory's life. [`Task::reductions`] is the thread's own,
//! and a task's children get it as they get the ICVs.

use crate::construct::reduction::{Block, Copies};
use crate::messages;
use crate::tasking::group;
use crate::team::register::current;
use crate::team::task::Task;
use std::sync::Arc;

/// Opens the reductions of a taskgroup or taskloop for the current task.
pub fn open(block: Block) {
    let context = current().context();
    block.link(context.task.reductions.get());
    block.adopt(block.allocate(context.team.size()));
    context.task.reductions.set(Some(block));
}

/// Opens the reductions of a parallel region with `threads` threads; the
/// region's implicit tasks get the block.
pub fn open_region(block: Block, threads: u32) {
    block.link(None);
    block.adopt(block.allocate(threads));
}

/// Closes reductions that were opened: their tasks are done, and their copies
/// combined.
pub fn close(block: Block) {
    if !block.is_open() {
        messages::fatal("GOMP_taskgroup_reduction_unregister: the block was not registered");
    }
    restore(current().context().task, block);
    block.release();
}

/// The reductions around `block` are the task's again.
fn restore(task: &Task, block: Block) {
    if task.reductions.get() == Some(block) {
        task.reductions
            .set(block.own().last().and_then(Block::next));
    }
}

/// One thread's way into the reductions of a worksharing construct, whose
/// memory one of them allocates. The construct is a taskgroup as well, but not for
/// `cancel taskgroup`.
#[derive(Clone, Copy)]
pub struct Entrance(Block);

impl Entrance {
    /// The calling thread meets the construct with its block.
    pub fn new(block: Block) -> Entrance {
        group::hidden_group_start();
        block.link(current().context().task.reductions.get());
        Entrance(block)
    }

    /// The memory, if the construct has none yet.
    pub fn allocate(self, threads: u32) -> Arc<Copies> {
        self.0.allocate(threads)
    }

    /// The thread uses the construct's memory.
    pub fn enter(self, copies: Arc<Copies>) {
        self.0.adopt(copies);
        current().context().task.reductions.set(Some(self.0));
    }
}

/// The end of a worksharing construct with task reductions for the calling
/// thread, which waits for its tasks. Thread 0 has combined the copies.
pub fn leave_workshare() {
    let task = current().context().task;
    group::taskgroup_end();
    if let Some(block) = task.reductions.get() {
        restore(task, block);
        block.release();
    }
}

/// Replaces each address in `items`, of an original or of any thread's copy,
/// by that of the executing thread's copy; gives the originals of the first
/// `originals.len()` of them. Ends the process if one belongs to no reduction
/// of the constructs around.
pub fn remap(items: &mut [usize], originals: &mut [usize]) {
    let context = current().context();
    let num = context.member.num as usize;
    let around = context.task.reductions.get();
    let mut originals = originals.iter_mut();
    for item in items {
        let mut blocks = around.into_iter().flat_map(Block::all);
        let found = blocks.find_map(|block| block.copy_of(*item, num));
        let original = found.as_ref().and_then(|found| found.original);
        match (found, originals.next(), original) {
            (Some(found), None, _) => *item = found.address,
            (Some(found), Some(wanted), Some(original)) => {
                *item = found.address;
                *wanted = original;
            }
            _ => messages::fatal(format_args!(
                "couldn't find matching task_reduction or reduction with task modifier for {:#x}",
                *item
            )),
        }
    }
}
