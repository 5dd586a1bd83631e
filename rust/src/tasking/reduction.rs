//! Task reductions: `task_reduction`, `in_reduction`, `reduction(task, ...)`
//! and `reduction` on `taskloop` (OpenMP 5.2, 5.5.5).
//!
//! The compiled code describes the list items of a construct in a block of words on
//! its stack. The runtime gives the block zeroed memory for one private copy of all items
//! per thread. A task asks where the copy of the thread that executes it is. The compiled
//! code initialises the copies, and combines them when all tasks are done.
//!
//! [`crate::construct::reduction`] has the data: blocks of words, and copies.
//!
//! # Who touches what
//!
//! A construct's blocks are written before the first task exists that can ask for
//! them. From then on they are only read, until all tasks of the construct have finished.
//! In a worksharing construct each thread has a block of its own, for the tasks that it
//! creates. The first thread that encounters the construct allocates the memory, and the
//! work share hands it to the others. The threads of a cancelled region leave at any
//! time, so each of them shares in the ownership of the memory. Only the thread that
//! executes a task touches [`Task::reductions`]; a task's children inherit it as they
//! inherit the ICVs.

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

/// Opens the reductions of a parallel region with `threads` threads, whose implicit
/// tasks get the block.
pub fn open_region(block: Block, threads: u32) {
    block.link(None);
    block.adopt(block.allocate(threads));
}

/// Closes reductions. Their tasks are done, and their copies are combined.
pub fn close(block: Block) {
    if !block.is_open() {
        messages::fatal("GOMP_taskgroup_reduction_unregister: the block was not registered");
    }
    restore(current().context().task, block);
    block.release();
}

/// The task has the reductions around `block` again.
fn restore(task: &Task, block: Block) {
    if task.reductions.get() == Some(block) {
        task.reductions
            .set(block.own().last().and_then(Block::next));
    }
}

/// A thread's entry into the reductions of a worksharing construct, whose memory one of
/// the team's threads allocates. The construct is also a taskgroup, but not for
/// `cancel taskgroup`.
#[derive(Clone, Copy)]
pub struct Entrance(Block);

impl Entrance {
    /// The calling thread encounters the construct with its block.
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

/// The calling thread ends a worksharing construct with task reductions, and waits for
/// the construct's tasks that it created. Thread 0 has combined the copies.
pub fn leave_workshare() {
    let task = current().context().task;
    group::taskgroup_end();
    if let Some(block) = task.reductions.get() {
        restore(task, block);
        block.release();
    }
}

/// Replaces each address in `items`, that of an original or of any thread's copy, by the
/// address of the executing thread's copy. Writes the originals of the first
/// `originals.len()` items into `originals`. Ends the process if an item belongs to no
/// reduction of the enclosing constructs.
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
