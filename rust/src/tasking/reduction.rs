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

use crate::construct::item_reduction::{Input, Items, Opened};
use crate::construct::reduction::{Block, Copies};
use crate::construct::work_share::Extra;
use crate::messages;
use crate::tasking::group;
use crate::team::group::Group;
use crate::team::register::current;
use crate::team::task::Task;
use crate::team::thread::Context;
use core::ffi::c_void;
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

/// Opens reductions of the current task's taskgroup, for a team's members. Answers a handle of
/// the group, for [`item_copy`]; null if there is no taskgroup.
pub fn open_items(inputs: &[Input]) -> *const Group {
    let context = current().context();
    let items = Items::new(inputs, context.team.size(), 1);
    attach(Opened::new(Arc::new(items), inputs))
}

/// Opens reductions of a worksharing construct or region, which all members of the team meet.
/// Each opens a taskgroup for its own tasks, and closes it by
/// [`crate::tasking::taskgroup_end`]; the last one to do so combines the copies.
pub fn open_shared_items(inputs: &[Input]) -> *const Group {
    let Context { team, member, .. } = current().context();
    let size = team.size();
    let (work_share, _) = member.cursor.advance(size, |work_share| {
        work_share.equip(Extra {
            items: Some(Arc::new(Items::new(inputs, size, size))),
            ..Extra::default()
        });
    });
    let items = work_share.extra().and_then(|extra| extra.items.clone());
    group::hidden_group_start();
    items.map_or(core::ptr::null(), |items| {
        attach(Opened::new(items, inputs))
    })
}

fn attach(opened: Opened) -> *const Group {
    let group = current().context().task.group.get();
    // SAFETY: the calling task opened the group, which lives until it ends it.
    let Some(found) = (unsafe { group.as_ref() }) else {
        messages::fatal("a task reduction outside of a taskgroup");
    };
    if found.items.set(opened).is_err() {
        messages::fatal("a taskgroup has two sets of task reductions");
    }
    group
}

/// The calling thread's copy of an item, of `group` or of one around it; null stands for the
/// current task's group. Ends the process if no group has the item.
///
/// # Safety
///
/// `group` is null or of [`open_items`] and not ended.
pub unsafe fn item_copy(group: *const Group, item: *mut c_void) -> *mut c_void {
    let context = current().context();
    let first = match group.is_null() {
        true => context.task.group.get(),
        false => group,
    };
    // SAFETY: the caller's promise; a group outlives those inside it, and the tasks that
    // count in it.
    let mut group = unsafe { first.as_ref() };
    while let Some(here) = group {
        if let Some(copy) = (here.items.get()).and_then(|it| it.copy_of(item, context.member.num)) {
            return copy;
        }
        // SAFETY: as above.
        group = unsafe { here.outer.as_ref() };
    }
    messages::fatal(format_args!(
        "couldn't find matching task_reduction or reduction with task modifier for {item:p}"
    ))
}
