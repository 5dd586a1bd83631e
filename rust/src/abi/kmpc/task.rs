//! Explicit tasks, their waits and groups (LLVM ABI: `__kmpc_omp_task*`).
//!
//! The compiled code asks for a task's memory, fills it, and submits it, or executes it
//! itself between two calls. The memory is a [`Block`], whose data begin with a [`Head`] of
//! ours; the compiled code gets the address behind it.

use crate::abi::kmpc::Location;
use crate::construct::depend::{Dependence, DependenceKind};
use crate::tasking::block::{self, Block, Spec};
use crate::tasking::{self, COPIED, FINAL, UNTIED};
use crate::team::register::current;
use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

// Bits of a task's flags.

const TIED: i32 = 1 << 0;
const IS_FINAL: i32 = 1 << 1;
const HAS_DESTRUCTORS: i32 = 1 << 3;
const IS_PROXY: i32 = 1 << 4;
const HAS_PRIORITY: i32 = 1 << 5;
/// Ours: the body has begun.
const BEGUN: i32 = 1 << 29;
/// Ours: an untied task has asked to be continued.
const CONTINUE: i32 = 1 << 30;

/// The outlined body of a task, and the function that destroys its data.
pub type Routine = unsafe extern "C" fn(c_int, *mut CompiledTask) -> c_int;

/// What stands before the compiled code's part of a block.
#[repr(C, align(16))]
struct Head {
    /// Bytes from the compiled code's part on.
    size: usize,
    flags: i32,
    /// The handle of the task's event; null without `detach`.
    event: *mut c_void,
}

/// Its bytes.
const HEAD: usize = size_of::<Head>();

/// `kmp_task_t`: the beginning of the compiled code's part.
#[repr(C)]
#[derive(Debug)]
pub struct CompiledTask {
    /// The pointers to shared variables, behind the private ones.
    pub shareds: *mut c_void,
    /// The body.
    routine: Option<Routine>,
    /// Where an untied task continues.
    part: c_int,
    /// Destroys the private variables, if the flags say that there is such a function.
    destructors: Option<Routine>,
    /// If the flags say that the task has one.
    priority: i64,
}

/// The head of a task.
///
/// # Safety
///
/// `task` is of [`__kmpc_omp_task_alloc`], and so for all functions below.
unsafe fn head<'a>(task: *mut CompiledTask) -> &'a mut Head {
    // SAFETY: it stands there.
    unsafe { &mut *task.byte_sub(HEAD).cast::<Head>() }
}

unsafe fn block_of(task: *mut CompiledTask) -> Block {
    // SAFETY: the block's data begin with the head.
    unsafe { Block::of(task.byte_sub(HEAD).cast()) }
}

/// The calling thread's number in the process.
fn number() -> c_int {
    current().number as c_int
}

/// The body of all tasks: calls the compiled one.
unsafe extern "C" fn run(data: *mut c_void) {
    let task: *mut CompiledTask = data.wrapping_byte_add(HEAD).cast();
    // SAFETY: the block is the task's until this returns.
    unsafe {
        let head = head(task);
        let has_destructors = head.flags & HAS_DESTRUCTORS != 0;
        // Such a task gets here although it is cancelled, because its data must be
        // destroyed.
        if !(has_destructors && tasking::taskgroup_is_cancelled()) {
            head.flags |= BEGUN | CONTINUE;
            go_on(task);
        }
        destroy(task);
    }
}

/// Runs what is left of the task's body. An untied task submits itself where another thread
/// may continue it; here it continues at once.
unsafe fn go_on(task: *mut CompiledTask) {
    // SAFETY: the caller's promise.
    unsafe {
        while head(task).flags & CONTINUE != 0 {
            head(task).flags &= !CONTINUE;
            if let Some(routine) = (*task).routine {
                routine(number(), task);
            }
        }
    }
}

/// Destroys the task's private variables.
unsafe fn destroy(task: *mut CompiledTask) {
    // SAFETY: the caller's promise; the compiled code gave the function.
    unsafe {
        if head(task).flags & HAS_DESTRUCTORS != 0 {
            if let Some(destructors) = (*task).destructors {
                destructors(number(), task);
            }
        }
    }
}

/// The task is not created: its private variables and its memory are not used any more.
///
/// # Safety
///
/// `task` is of [`__kmpc_omp_task_alloc`], and not submitted.
pub(super) unsafe fn discard(task: *mut CompiledTask) {
    // SAFETY: the caller's promise.
    unsafe {
        destroy(task);
        block_of(task).free();
    }
}

unsafe fn spec(task: *mut CompiledTask, deferrable: bool) -> Spec {
    // SAFETY: the caller's promise.
    let (block, flags) = unsafe { (block_of(task), head(task).flags) };
    Spec {
        block,
        body: run,
        flags: core_flags(flags),
        deferrable,
    }
}

/// The core's flags of a task.
fn core_flags(flags: i32) -> u8 {
    let mut core = 0;
    if flags & TIED == 0 {
        core |= UNTIED;
    }
    if flags & IS_FINAL != 0 {
        core |= FINAL;
    }
    if flags & HAS_DESTRUCTORS != 0 {
        core |= COPIED;
    }
    core
}

unsafe fn priority(task: *mut CompiledTask) -> Option<u32> {
    // SAFETY: the caller's promise.
    let (flags, priority) = unsafe { (head(task).flags, (*task).priority as c_int) };
    (flags & HAS_PRIORITY != 0)
        .then(|| tasking::priority(priority))
        .flatten()
}

/// Memory for a task: `task_size` bytes that begin with the task's record, and
/// `shareds_size` bytes for pointers to shared variables, to which the record points.
/// `routine(thread, task)` is the body. `flags`: bit 0 tied, 1 final, 3 the record has
/// a function that destroys the private variables, 4 the task is a proxy, which completes by
/// [`__kmpc_proxy_task_completed`], 5 it has a priority, 6 `detach`.
#[no_mangle]
pub extern "C" fn __kmpc_omp_task_alloc(
    location: *const Location,
    thread: c_int,
    flags: c_int,
    task_size: usize,
    shareds_size: usize,
    routine: Option<Routine>,
) -> *mut CompiledTask {
    let _ = (location, thread);
    let private = task_size
        .max(size_of::<CompiledTask>())
        .next_multiple_of(16);
    let size = private.saturating_add(shareds_size);
    let block = Block::reserve(size.saturating_add(HEAD));
    let head: *mut Head = block.data().cast();
    let task: *mut CompiledTask = head.wrapping_add(1).cast();
    let shareds = match shareds_size {
        0 => null_mut(),
        _ => task.wrapping_byte_add(private).cast(),
    };
    let event = match flags & IS_PROXY {
        0 => null_mut(),
        _ => block::event(block),
    };
    // SAFETY: the block has this room.
    unsafe {
        head.write(Head {
            size,
            flags: flags & !(BEGUN | CONTINUE),
            event,
        });
        task.write(CompiledTask {
            shareds,
            routine,
            part: 0,
            destructors: None,
            priority: 0,
        });
    }
    task
}

/// Memory for the task of a `target` construct, which the host executes. `device` is not
/// used.
#[no_mangle]
pub extern "C" fn __kmpc_omp_target_task_alloc(
    location: *const Location,
    thread: c_int,
    flags: c_int,
    task_size: usize,
    shareds_size: usize,
    routine: Option<Routine>,
    device: i64,
) -> *mut CompiledTask {
    let _ = device;
    __kmpc_omp_task_alloc(location, thread, flags, task_size, shareds_size, routine)
}

/// Copies a task that is not created, with its private variables as they are.
///
/// # Safety
///
/// `task` is of [`__kmpc_omp_task_alloc`], and not submitted yet.
pub(super) unsafe fn duplicate(task: *mut CompiledTask) -> *mut CompiledTask {
    // SAFETY: the caller's promise; the new block has as much room.
    unsafe {
        let size = head(task).size;
        let block = Block::reserve(size + HEAD);
        let new: *mut CompiledTask = block.data().wrapping_byte_add(HEAD).cast();
        core::ptr::copy_nonoverlapping(
            task.byte_sub(HEAD).cast::<u8>(),
            block.data().cast::<u8>(),
            size + HEAD,
        );
        if !(*task).shareds.is_null() {
            let offset = (*task).shareds.addr() - task.addr();
            (*new).shareds = new.wrapping_byte_add(offset).cast();
        }
        new
    }
}

/// Creates the task. It may already have run when this returns. A second call, from the body
/// of an untied task, says where the body may be continued. Answers 0.
///
/// # Safety
///
/// `task` is of [`__kmpc_omp_task_alloc`] and complete.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_omp_task(
    location: *const Location,
    thread: c_int,
    task: *mut CompiledTask,
) -> c_int {
    let _ = (location, thread);
    // SAFETY: the caller's promise.
    unsafe { submit(task, true) };
    0
}

/// Creates the task, or lets it continue.
///
/// # Safety
///
/// As for [`__kmpc_omp_task`].
pub(super) unsafe fn submit(task: *mut CompiledTask, deferrable: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        let head = head(task);
        if head.flags & BEGUN != 0 {
            head.flags |= CONTINUE;
            return;
        }
        let created = match (priority(task), head.event) {
            (None, event) if event.is_null() => block::create(&spec(task, deferrable)),
            (priority, event) => block::create_with(&spec(task, deferrable), None, priority, event),
        };
        if !created {
            discard(task);
        }
    }
}

/// An item of a `depend` clause.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct DependInfo {
    address: usize,
    length: usize,
    /// Bit 0 `in`, 1 `out`, 2 `mutexinoutset`, 3 `inoutset`, 7 all memory, as is the greatest
    /// address. An item at address 0 is none.
    flags: u8,
}

const DEPEND_IN: u8 = 1;
const DEPEND_MUTEX: u8 = 4;
const DEPEND_SET: u8 = 8;
const DEPEND_ALL: u8 = 0x80;
/// The core's address of all memory.
const ALL_MEMORY: usize = 0;

/// The items of the lists.
///
/// # Safety
///
/// Each list has as many items as is said.
pub(super) unsafe fn items(
    lists: [(c_int, *const DependInfo); 2],
) -> impl Iterator<Item = Dependence> {
    lists.into_iter().flat_map(|(count, list)| {
        (0..count.max(0) as usize).filter_map(move |i| {
            // SAFETY: the caller's promise.
            let item = unsafe { *list.add(i) };
            if item.flags & DEPEND_ALL != 0 || item.address == usize::MAX {
                return Some(Dependence {
                    address: ALL_MEMORY,
                    kind: DependenceKind::Out,
                });
            }
            (item.address != 0).then_some(Dependence {
                address: item.address,
                kind: match item.flags {
                    DEPEND_IN => DependenceKind::In,
                    DEPEND_SET => DependenceKind::InOutSet,
                    DEPEND_MUTEX => DependenceKind::MutexInOutSet,
                    _ => DependenceKind::Out,
                },
            })
        })
    })
}

/// [`__kmpc_omp_task`] for a task with dependences, in two lists.
///
/// # Safety
///
/// As for [`__kmpc_omp_task`]; the lists have as many items as is said.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_omp_task_with_deps(
    location: *const Location,
    thread: c_int,
    task: *mut CompiledTask,
    count: c_int,
    list: *const DependInfo,
    count_more: c_int,
    more: *const DependInfo,
) -> c_int {
    let _ = (location, thread);
    // SAFETY: the caller's promise.
    unsafe {
        let mut items = items([(count, list), (count_more, more)]);
        let event = head(task).event;
        if !block::create_with(&spec(task, true), Some(&mut items), priority(task), event) {
            discard(task);
        }
    }
    0
}

/// The task begins: the caller executes its body, and then calls
/// [`__kmpc_omp_task_complete_if0`].
///
/// # Safety
///
/// As for [`__kmpc_omp_task`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_omp_task_begin_if0(
    location: *const Location,
    thread: c_int,
    task: *mut CompiledTask,
) {
    let _ = (location, thread);
    // SAFETY: the caller's promise.
    unsafe {
        let head = head(task);
        head.flags |= BEGUN;
        block::begin(block_of(task), core_flags(head.flags), head.event);
    }
}

/// The task of [`__kmpc_omp_task_begin_if0`] has ended.
///
/// # Safety
///
/// As for [`__kmpc_omp_task`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_omp_task_complete_if0(
    location: *const Location,
    thread: c_int,
    task: *mut CompiledTask,
) {
    let _ = (location, thread);
    // SAFETY: the caller's promise.
    unsafe {
        go_on(task);
        destroy(task);
        block::end(block_of(task));
    }
}

/// The event of a task with `detach`, for `omp_fulfill_event`. The task is submitted after
/// this.
///
/// # Safety
///
/// As for [`__kmpc_omp_task`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_task_allow_completion_event(
    location: *const Location,
    thread: c_int,
    task: *mut CompiledTask,
) -> *mut c_void {
    let _ = (location, thread);
    // SAFETY: the caller's promise.
    unsafe {
        let event = block::event(block_of(task));
        head(task).event = event;
        event
    }
}

/// [`__kmpc_omp_task`], which tells apart the parts of an untied task by itself.
///
/// # Safety
///
/// As for [`__kmpc_omp_task`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_omp_task_parts(
    location: *const Location,
    thread: c_int,
    task: *mut CompiledTask,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { __kmpc_omp_task(location, thread, task) }
}

/// What a proxy task stands for has ended: the task completes as soon as its body has ended,
/// too. A thread of the runtime calls this.
///
/// # Safety
///
/// `task` is of [`__kmpc_omp_task_alloc`], as a proxy, and has not completed.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_proxy_task_completed(thread: c_int, task: *mut CompiledTask) {
    let _ = thread;
    // SAFETY: the caller's promise.
    unsafe { __kmpc_proxy_task_completed_ooo(task) }
}

/// [`__kmpc_proxy_task_completed`] for any thread of the process.
///
/// # Safety
///
/// As for [`__kmpc_proxy_task_completed`].
#[no_mangle]
pub unsafe extern "C" fn __kmpc_proxy_task_completed_ooo(task: *mut CompiledTask) {
    // SAFETY: the caller's promise.
    let event = unsafe { head(task).event };
    // SAFETY: `__kmpc_omp_task_alloc` made the event.
    if event.is_null() || !unsafe { tasking::fulfill(event) } {
        crate::messages::fatal(
            "__kmpc_proxy_task_completed: the task is no proxy, or has completed",
        );
    }
}

/// The `affinity` clause of a task, which is not used. Answers 0.
#[no_mangle]
pub extern "C" fn __kmpc_omp_reg_task_with_affinity(
    location: *const Location,
    thread: c_int,
    task: *mut CompiledTask,
    count: c_int,
    list: *const c_void,
) -> c_int {
    let _ = (location, thread, task, count, list);
    0
}

/// Waits until the current task's children have finished. Answers 0.
#[no_mangle]
pub extern "C" fn __kmpc_omp_taskwait(location: *const Location, thread: c_int) -> c_int {
    let _ = (location, thread);
    tasking::taskwait();
    0
}

/// Waits for those children of the current task for which a child with these dependences
/// would wait.
///
/// # Safety
///
/// The lists have as many items as is said.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_omp_wait_deps(
    location: *const Location,
    thread: c_int,
    count: c_int,
    list: *const DependInfo,
    count_more: c_int,
    more: *const DependInfo,
) {
    let _ = (location, thread);
    // SAFETY: the caller's promise.
    tasking::taskwait_depend(&mut unsafe { items([(count, list), (count_more, more)]) });
}

/// [`__kmpc_omp_wait_deps`]. With `nowait` (not 0), later siblings wait and the calling task
/// does not.
///
/// # Safety
///
/// The lists have as many items as is said.
#[no_mangle]
pub unsafe extern "C" fn __kmpc_omp_taskwait_deps_51(
    location: *const Location,
    thread: c_int,
    count: c_int,
    list: *const DependInfo,
    count_more: c_int,
    more: *const DependInfo,
    nowait: c_int,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if nowait == 0 {
            __kmpc_omp_wait_deps(location, thread, count, list, count_more, more);
        } else {
            let task = __kmpc_omp_task_alloc(location, thread, TIED, 0, 0, None);
            __kmpc_omp_task_with_deps(location, thread, task, count, list, count_more, more);
        }
    }
}

/// Lets the thread run another task. Answers 0.
#[no_mangle]
pub extern "C" fn __kmpc_omp_taskyield(
    location: *const Location,
    thread: c_int,
    part: c_int,
) -> c_int {
    let _ = (location, thread, part);
    tasking::taskyield();
    0
}

/// Opens a taskgroup region.
#[no_mangle]
pub extern "C" fn __kmpc_taskgroup(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    tasking::taskgroup_start();
}

/// Waits for the tasks of the innermost taskgroup and their descendants, combines its
/// reductions, and closes it.
#[no_mangle]
pub extern "C" fn __kmpc_end_taskgroup(location: *const Location, thread: c_int) {
    let _ = (location, thread);
    tasking::taskgroup_end();
}
