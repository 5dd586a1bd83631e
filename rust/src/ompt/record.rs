//! What threads, regions and tasks keep for the tool. The cells belong to the owner of the
//! record; the tool reads and writes the words while it is told of them.

use crate::sync::owned::{Owned, OwnedPart};
use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::ptr::null;

/// `ompt_frame_flag_t`: any address in a frame of the runtime.
const RUNTIME_STACK_ADDRESS: c_int = 0x30;
/// `ompt_frame_flag_t`: the address of a frame of the runtime, as call frame information has
/// it.
const RUNTIME_CFA: c_int = 0x10;

/// Where on the stack a task's code ends and the runtime begins (`ompt_frame_t`).
#[repr(C)]
#[derive(Debug, Default)]
pub struct Frames {
    exit: Cell<usize>,
    enter: Cell<usize>,
    exit_flags: Cell<c_int>,
    enter_flags: Cell<c_int>,
}

impl Frames {
    /// The runtime has called the task's code from a frame with this address in it; 0: the
    /// task's code has ended.
    pub fn set_exit(&self, address: usize) {
        self.exit.set(address);
        self.exit_flags.set(flags(address, RUNTIME_STACK_ADDRESS));
    }

    /// The task's code has called the runtime, whose first frame has this address; 0: it has
    /// returned.
    pub fn set_enter(&self, address: usize) {
        self.enter.set(address);
        self.enter_flags.set(flags(address, RUNTIME_CFA));
    }
}

fn flags(address: usize, flags: c_int) -> c_int {
    if address == 0 {
        0
    } else {
        flags
    }
}

/// A region's part.
#[derive(Debug, Default)]
pub struct RegionRecord {
    data: Cell<u64>,
    /// Threads in the team.
    pub size: Cell<c_int>,
    /// The region around it; null around an initial task.
    pub outer: Cell<*const RegionRecord>,
    /// The task that met the construct; null around an initial task.
    pub encountering: Cell<*const TaskRecord>,
}

impl RegionRecord {
    /// The region's word.
    pub fn data(&self) -> *mut u64 {
        self.data.as_ptr()
    }

    /// The task meets a region, of so many threads; `None`: the region of an initial task.
    pub fn begin(&self, encountering: Option<&TaskRecord>, size: u32) {
        self.data.set(0);
        self.size.set(size as c_int);
        self.outer
            .set(encountering.map_or(null(), |task| task.region.get()));
        self.encountering
            .set(encountering.map_or(null(), core::ptr::from_ref));
    }
}

/// A task's part.
#[derive(Debug, Default)]
pub struct TaskRecord {
    data: Cell<u64>,
    /// See there.
    pub frames: Frames,
    /// `ompt_task_flag_t`.
    pub flags: Cell<c_int>,
    /// The task's thread in its team.
    pub thread_num: Cell<c_int>,
    /// The task below on the stack, or the one that met the region; null below an initial
    /// task.
    pub outer: Cell<*const TaskRecord>,
    /// The region that the task is in.
    pub region: Cell<*const RegionRecord>,
    /// The iterations of a `taskloop` that the task executes: the first one, and how many; no
    /// iterations in other tasks.
    pub chunk: Cell<(u64, u64)>,
}

/// `ompt_task_flag_t`.
pub mod flag {
    #![allow(missing_docs)]
    use core::ffi::c_int;
    pub const INITIAL: c_int = 1;
    pub const IMPLICIT: c_int = 2;
    pub const EXPLICIT: c_int = 4;
    pub const TASKWAIT: c_int = 0x10;
    pub const UNDEFERRED: c_int = 0x0800_0000;
    pub const UNTIED: c_int = 0x1000_0000;
    pub const FINAL: c_int = 0x2000_0000;
    pub const MERGEABLE: c_int = 0x4000_0000;
}

impl TaskRecord {
    /// The task's word.
    pub fn data(&self) -> *mut u64 {
        self.data.as_ptr()
    }

    /// A task begins its life.
    pub fn begin(&self, region: *const RegionRecord, flags: c_int) {
        self.data.set(0);
        self.frames.set_exit(0);
        self.frames.set_enter(0);
        self.flags.set(flags);
        self.region.set(region);
        self.outer.set(null());
        self.thread_num.set(0);
        self.chunk.set((0, 0));
    }
}

/// A thread's part.
pub struct ThreadRecord {
    data: Owned<u64>,
    /// What the thread does (`ompt_state_t`).
    pub state: Owned<c_int>,
    /// What it waits for, in a state of waiting for a lock.
    pub wait_id: Owned<u64>,
    /// The task that it executes; null before the tool has heard of the thread.
    pub task: Owned<*const TaskRecord>,
    /// A copy of the implicit task's word, for the events after a worker has left the region.
    left: Owned<u64>,
    /// [`TaskRecord::chunk`] of the task that it creates next.
    pub next_chunk: Owned<(u64, u64)>,
    /// How many numbers the thread has given. It goes on with the record's next thread.
    ids: Owned<u64>,
    /// Whether the thread goes to its next task by `taskyield`.
    pub yields: Owned<bool>,
    /// The worksharing construct that it met last (`ompt_work_t`).
    pub work: Owned<c_int>,
    /// Whether the worker is between its last event in a region and the end of that.
    pub is_leaving: Owned<bool>,
}

impl ThreadRecord {
    /// The tool has not heard of the thread.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> ThreadRecord {
        ThreadRecord {
            data: Owned::new(0),
            state: Owned::new(0),
            wait_id: Owned::new(0),
            task: Owned::new(null()),
            left: Owned::new(0),
            next_chunk: Owned::new((0, 0)),
            ids: Owned::new(0),
            yields: Owned::new(false),
            work: Owned::new(0),
            is_leaving: Owned::new(false),
        }
    }

    /// The thread's word.
    pub fn data(&self) -> *mut u64 {
        self.data.as_ptr()
    }

    /// A number that the thread has not given before, from 1.
    pub fn next_id(&self) -> u64 {
        self.ids.set(self.ids.get() + 1);
        self.ids.get()
    }

    /// The copy of the word of the implicit task that the worker has left.
    pub fn left(&self) -> *mut u64 {
        self.left.as_ptr()
    }

    /// The thread's task, if the tool has heard of the thread.
    pub fn task(&self) -> Option<&TaskRecord> {
        // SAFETY: the task is on this thread's stack of tasks, so it lives.
        unsafe { self.task.get().as_ref() }
    }
}

impl OwnedPart for ThreadRecord {
    fn renew(&self) {
        self.data.set(0);
        self.state.set(0);
        self.wait_id.set(0);
        self.task.set(null());
        self.left.set(0);
        self.next_chunk.set((0, 0));
        self.yields.set(false);
        self.work.set(0);
        self.is_leaving.set(false);
    }

    fn hand_over(&self) {
        let ThreadRecord {
            data,
            state,
            wait_id,
            task,
            left,
            next_chunk,
            ids,
            yields,
            work,
            is_leaving,
        } = self;
        data.hand_over();
        state.hand_over();
        wait_id.hand_over();
        task.hand_over();
        left.hand_over();
        next_chunk.hand_over();
        ids.hand_over();
        yields.hand_over();
        work.hand_over();
        is_leaving.hand_over();
    }
}

/// A null pointer to code, where there is no user's code.
pub const NO_CODE: *const c_void = null();
