//! Running a target region (OpenMP 5.2, 13.8).
//!
//! The body gets an array with one address per variable. For a `firstprivate`
//! variable it is the original's address; the runtime replaces it by that of a copy.
//! Values that fit into the address word, and mapped variables, stay as they are.
//!
//! With `nowait` or `depend` the region is a task. The task's data are a [`Deferred`]
//! record, then the array of addresses, then the copies. The copies are made when the
//! task is created.

use crate::construct::depend::Dependence;
use crate::tasking::create::{Clauses, Dependences, Spec};
use crate::team::task::Body;
use crate::{parallel, tasking};
use core::ffi::c_void;
use std::alloc::Layout;

/// `GOMP_MAP_FIRSTPRIVATE`: the variable's bits are copied.
const FIRSTPRIVATE: u16 = 12;
/// `GOMP_MAP_ATTACH`.
const ATTACH: u16 = 0x50;

/// The size that stands for a list of what an iterator maps (GCC 16).
const BY_ITERATOR: usize = usize::MAX;

/// A target directive's variables.
#[derive(Clone, Copy)]
pub struct Variables {
    /// How many there are.
    pub count: usize,
    /// Their addresses.
    pub addresses: *mut *mut c_void,
    /// Their sizes in bytes.
    pub sizes: *const usize,
    /// How they are mapped: the kind in the lower byte, the logarithm of the
    /// alignment above.
    pub kinds: *const u16,
}

/// A target region.
#[derive(Clone, Copy)]
pub struct Region {
    /// The outlined body.
    pub body: Body,
    /// The variables that it gets.
    pub variables: Variables,
    /// The `thread_limit` clause, or 0.
    pub thread_limit: u32,
}

impl Variables {
    /// The `firstprivate` variables: number, size and alignment.
    ///
    /// # Safety
    ///
    /// The arrays have `count` elements.
    unsafe fn firstprivate(self) -> impl Iterator<Item = (usize, usize, usize)> {
        (0..self.count).filter_map(move |i| {
            // SAFETY: the caller's promise.
            let (kind, size) = unsafe { (*self.kinds.add(i), *self.sizes.add(i)) };
            (kind & 0xff == FIRSTPRIVATE).then(|| (i, size, 1 << (kind >> 8)))
        })
    }

    /// The memory that copies of the `firstprivate` variables need.
    ///
    /// # Safety
    ///
    /// As for `firstprivate`.
    unsafe fn layout(self) -> Layout {
        // SAFETY: the caller's promise.
        unsafe { self.firstprivate() }
            .try_fold(Layout::new::<()>(), |all, (_, size, align)| {
                let (all, _) = all.extend(Layout::from_size_align(size, align)?)?;
                Ok::<_, std::alloc::LayoutError>(all)
            })
            .unwrap_or_else(|_| crate::heap::out_of_memory(usize::MAX))
    }

    /// Replaces each list of what an iterator maps by an address of the variable. Such
    /// a list has its length, then addresses and sizes. On the host all its addresses
    /// are of one variable.
    ///
    /// # Safety
    ///
    /// As for `firstprivate`; `addresses` has as many elements.
    unsafe fn resolve_iterators(self, addresses: *mut *mut c_void) {
        for i in 0..self.count {
            // SAFETY: the caller's promise; a variable with this size is such a list.
            unsafe {
                if *self.sizes.add(i) == BY_ITERATOR {
                    let list: *mut *mut c_void = (*self.addresses.add(i)).cast();
                    *addresses.add(i) = *list.add(1);
                }
            }
        }
    }

    /// Copies the `firstprivate` variables into `memory`, which has the layout of
    /// [`layout`](Self::layout), and puts the copies' addresses into `addresses`.
    ///
    /// # Safety
    ///
    /// As for `firstprivate`; the variables themselves are readable.
    unsafe fn copy_into(self, memory: *mut u8, addresses: *mut *mut c_void) {
        let mut used = 0_usize;
        // SAFETY: the caller's promise; `layout` has counted the same bytes.
        unsafe {
            for (i, size, align) in self.firstprivate() {
                used = used.next_multiple_of(align);
                let copy = memory.add(used);
                used += size;
                let original = *self.addresses.add(i);
                if original.is_null() {
                    continue; // an absent optional argument
                }
                core::ptr::copy_nonoverlapping(original.cast(), copy, size);
                *addresses.add(i) = copy.cast();
                // If a pointer comes next, it must point at the copy. The pointer is
                // at an offset (in words) from an address.
                let next = i + 1;
                if next < self.count && *self.kinds.add(next) & 0xff == ATTACH {
                    let base: *mut *mut *mut c_void = (*self.addresses.add(next)).cast();
                    *(*base).add(*self.sizes.add(next)) = copy.cast();
                }
            }
        }
    }
}

/// Runs a body as an initial thread: at level 0, in a contention group of its own.
///
/// # Safety
///
/// `body(addresses)` is callable.
unsafe fn call(body: Body, addresses: *mut *mut c_void, thread_limit: u32) {
    parallel::initial(
        |icv| {
            if thread_limit > 0 {
                icv.thread_limit = thread_limit;
            }
        },
        // SAFETY: the caller's promise.
        || unsafe { body(addresses.cast()) },
    );
}

/// Runs a region now, on the calling thread.
///
/// # Safety
///
/// The body is callable with the addresses, and the arrays have one element per
/// variable.
pub unsafe fn run(region: Region) {
    let Region {
        body,
        variables,
        thread_limit,
    } = region;
    // SAFETY: the caller's promise; the memory is fresh and of the layout.
    unsafe {
        let layout = variables.layout();
        variables.resolve_iterators(variables.addresses);
        if layout.size() == 0 {
            return call(body, variables.addresses, thread_limit);
        }
        let memory = std::alloc::alloc(layout);
        variables.copy_into(memory, variables.addresses);
        call(body, variables.addresses, thread_limit);
        std::alloc::dealloc(memory, layout);
    }
}

/// The beginning of the data of a region's task; see the module.
#[repr(C)]
struct Deferred {
    body: Body,
    addresses: *mut *mut c_void,
    thread_limit: u32,
}

/// The layout of a task's data, and the offsets of the addresses and the copies.
///
/// # Safety
///
/// As for [`run`].
unsafe fn deferred(variables: Variables) -> (Layout, usize, usize) {
    let addresses = Layout::array::<*mut c_void>(variables.count);
    // SAFETY: the caller's promise.
    let copies = unsafe { variables.layout() };
    addresses
        .and_then(|addresses| {
            let (all, first) = Layout::new::<Deferred>().extend(addresses)?;
            let (all, second) = all.extend(copies)?;
            Ok((all, first, second))
        })
        .unwrap_or_else(|_| crate::heap::out_of_memory(usize::MAX))
}

/// Fills the data of a region's task. `from` is the [`Region`].
unsafe extern "C" fn fill(to: *mut c_void, from: *mut c_void) {
    // SAFETY: `defer` passes a region and the layout of its task's data.
    unsafe {
        let region = &*from.cast::<Region>();
        let variables = region.variables;
        let (_, first, second) = deferred(variables);
        let addresses: *mut *mut c_void = to.byte_add(first).cast();
        core::ptr::copy_nonoverlapping(variables.addresses, addresses, variables.count);
        variables.resolve_iterators(addresses);
        variables.copy_into(to.byte_add(second).cast(), addresses);
        to.cast::<Deferred>().write(Deferred {
            body: region.body,
            addresses,
            thread_limit: region.thread_limit,
        });
    }
}

/// The body of a region's task.
unsafe extern "C" fn perform(data: *mut c_void) {
    // SAFETY: `fill` has written it.
    unsafe {
        let Deferred {
            body,
            addresses,
            thread_limit,
        } = data.cast::<Deferred>().read();
        call(body, addresses, thread_limit);
    }
}

/// The body of a task that only stands for its dependences.
unsafe extern "C" fn nothing(_: *mut c_void) {}

/// Makes a region a task. With `nowait` the task may be deferred; without, it is done
/// when this returns.
///
/// # Safety
///
/// As for [`run`], for as long as the task lives.
pub unsafe fn defer(mut region: Region, nowait: bool, depend: Dependences) {
    // SAFETY: the caller's promise.
    unsafe {
        let (layout, ..) = deferred(region.variables);
        let spec = Spec {
            copy: Some(fill),
            size: layout.size(),
            align: layout.align(),
            flags: tasking::COPIED,
            ..task(perform, (&raw mut region).cast(), nowait)
        };
        create(spec, depend);
    }
}

/// Runs a directive that moves data. There is nothing to move, so it is a task without
/// work, which keeps the order that `depend` asks for. Without `nowait` the calling thread
/// waits for it.
pub fn in_order(nowait: bool, depend: &mut dyn Iterator<Item = Dependence>) {
    // SAFETY: `nothing` takes any data.
    unsafe { create(task(nothing, core::ptr::null_mut(), nowait), Some(depend)) }
}

/// Makes `work` a task with these dependences.
pub fn call_later<F: FnOnce()>(work: F, depend: Dependences) {
    unsafe extern "C" fn call<F: FnOnce()>(data: *mut c_void) {
        // SAFETY: `call_later` passes the address of such a box, once.
        unsafe { Box::from_raw(data.cast::<*mut F>().read())() }
    }
    let mut work = Box::into_raw(Box::new(work));
    let spec = Spec {
        size: size_of::<*mut F>(),
        align: align_of::<*mut F>(),
        flags: tasking::COPIED,
        ..task(call::<F>, (&raw mut work).cast(), true)
    };
    // SAFETY: the task has its own copy of the address, and calls it once.
    unsafe { create(spec, depend) }
}

/// # Safety
///
/// As for [`tasking::create()`].
unsafe fn create(spec: Spec, dependences: Dependences) {
    // SAFETY: the caller's promise.
    unsafe {
        match dependences {
            None => tasking::create(spec),
            dependences => tasking::create_dependent(
                &spec,
                Clauses {
                    dependences,
                    event: core::ptr::null_mut(),
                    priority: None,
                },
            ),
        }
    }
}

fn task(body: Body, data: *mut c_void, nowait: bool) -> Spec {
    Spec {
        body,
        data,
        copy: None,
        size: 0,
        align: 1,
        deferrable: nowait,
        flags: 0,
    }
}
