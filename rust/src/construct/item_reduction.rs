//! Task reductions whose items the compiler describes by functions (Clang): the runtime makes
//! each thread's copy of an item when the thread first asks for it, and combines the copies.
//!
//! A member touches only its own copies, and its own `made`, until all tasks of the construct
//! have finished. Then the last member looks at all.

use crate::construct::reduction::Area;
use crate::heap::out_of_memory;
use core::cell::Cell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

/// Makes a copy: (copy, original).
pub type Initialize = unsafe extern "C" fn(*mut c_void, *mut c_void);
/// Ends a copy.
pub type Finalize = unsafe extern "C" fn(*mut c_void);
/// Adds a copy: (item, copy).
pub type Combine = unsafe extern "C" fn(*mut c_void, *mut c_void);

/// A list item, as the compiler describes it (`kmp_taskred_input_t`).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// The item into which the copies are combined.
    shared: *mut c_void,
    /// What a copy is initialised from; null for `shared`.
    original: *mut c_void,
    size: usize,
    /// `None`: a copy is zeros.
    initialize: Option<Initialize>,
    finalize: Option<Finalize>,
    combine: Option<Combine>,
    /// Bit 0: copies may be made late, as all are here.
    flags: u32,
}

/// A list item, as former compilers describe it (`kmp_task_red_input_t`).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OldInput {
    shared: *mut c_void,
    size: usize,
    /// Takes one argument; the second one that it gets does no harm.
    initialize: Option<Initialize>,
    finalize: Option<Finalize>,
    combine: Option<Combine>,
    flags: u32,
}

impl OldInput {
    /// As today's compilers describe it.
    pub fn now(&self) -> Input {
        Input {
            shared: self.shared,
            original: core::ptr::null_mut(),
            size: self.size,
            initialize: self.initialize,
            finalize: self.finalize,
            combine: self.combine,
            flags: self.flags,
        }
    }
}

/// An item and its copies.
struct Item {
    input: Input,
    /// Bytes from one member's copy to the next.
    stride: usize,
    copies: Area,
    /// Whether the member has its copy.
    made: Box<[Cell<bool>]>,
}

/// The items of a construct, which the members of a team share.
pub struct Items {
    items: Box<[Item]>,
    /// Members of the team.
    size: u32,
    /// Members that still use the items, where several open them.
    users: AtomicU32,
}

// SAFETY: see the module for who touches what; the rest is constant.
unsafe impl Send for Items {}
// SAFETY: as above.
unsafe impl Sync for Items {}

/// Distance of members' copies: no two share a cache line.
const LINE_BYTES: usize = 64;

impl Items {
    /// For a team of `size`, in which `users` members open the items.
    pub fn new(inputs: &[Input], size: u32, users: u32) -> Items {
        let item = |input: &Input| {
            let stride = input.size.max(1).next_multiple_of(LINE_BYTES);
            let Some(copies) = Area::new(stride, size, LINE_BYTES) else {
                out_of_memory(stride.saturating_mul(size as usize))
            };
            Item {
                input: *input,
                stride,
                copies,
                made: (0..size).map(|_| Cell::new(false)).collect(),
            }
        };
        Items {
            items: inputs.iter().map(item).collect(),
            size,
            users: AtomicU32::new(users),
        }
    }
}

/// What one member, or the opener of a taskgroup, has of [`Items`].
pub struct Opened {
    items: Arc<Items>,
    /// This member's items; the copies of the last member to close go into its own.
    shared: Box<[*mut c_void]>,
}

impl Opened {
    /// The member's own inputs say what its items are.
    pub fn new(items: Arc<Items>, inputs: &[Input]) -> Opened {
        Opened {
            items,
            shared: inputs.iter().map(|input| input.shared).collect(),
        }
    }

    /// The copy that member `num` has of the item at this address, which is the item itself,
    /// the variable that it stands for, or a member's copy. `None` if it is no item of these.
    pub fn copy_of(&self, address: *mut c_void, num: u32) -> Option<*mut c_void> {
        let at = address.addr();
        let is_in = |item: &Item| {
            let from = item.copies.memory.addr();
            (from..from + item.stride * item.made.len()).contains(&at)
        };
        let (item, _) = (self.items.items.iter().zip(&self.shared)).find(|(item, shared)| {
            let input = &item.input;
            let known = [**shared, input.shared, input.original];
            known.iter().any(|one| one.addr() == at) || is_in(item)
        })?;
        let num = num as usize;
        let copy: *mut c_void = item.copies.memory.wrapping_add(num * item.stride).cast();
        let made = item.made.get(num)?;
        if !made.replace(true) {
            // A copy that is made again begins anew.
            if item.input.initialize.is_none() {
                // SAFETY: the copy has this size, and is this member's.
                unsafe { core::ptr::write_bytes(copy.cast::<u8>(), 0, item.input.size) };
            }
            if let Some(initialize) = item.input.initialize {
                let original = match item.input.original.is_null() {
                    true => item.input.shared,
                    false => item.input.original,
                };
                // SAFETY: the compiler gave the function for copies of this size.
                unsafe { initialize(copy, original) };
            }
        }
        Some(copy)
    }

    /// All tasks that member `num` waited for have finished. It combines its own copies into
    /// its items. It may execute tasks of other members after this, and so make copies again;
    /// the last member combines those into its own.
    ///
    /// (The function that combines may know an item's size only on a thread that has made a
    /// copy: so does Clang's for an array of variable length.)
    pub fn close(self, num: u32) {
        self.combine(num as usize);
        // Acquire and release: the last member sees the copies of all others.
        if self.items.users.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        for num in 0..self.items.size {
            self.combine(num as usize);
        }
    }

    /// Combines and ends the copies that a member has.
    fn combine(&self, num: usize) {
        for (item, shared) in self.items.items.iter().zip(&self.shared) {
            if !item.made.get(num).is_some_and(|made| made.replace(false)) {
                continue;
            }
            let copy: *mut c_void = item.copies.memory.wrapping_add(num * item.stride).cast();
            // SAFETY: the compiler gave the functions for copies of this size, and no
            // task uses them now.
            unsafe {
                if let Some(combine) = item.input.combine {
                    combine(*shared, copy);
                }
                if let Some(finalize) = item.input.finalize {
                    finalize(copy);
                }
            }
        }
    }
}
