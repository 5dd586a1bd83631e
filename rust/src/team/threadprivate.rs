//! Copies of `threadprivate` variables that the compiled code asks for by the variable's
//! address (OpenMP 5.2, 5.2). Code that has thread-local variables of the system's asks for
//! none.
//!
//! The first thread that uses OpenMP has the variable itself. Another thread gets a copy at
//! its first use, with the value that the variable had when the first thread used it, or as
//! the variable's constructor makes it. The copies go when the thread ends.

use crate::heap::out_of_memory;
use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use crate::sync::owned::{Owned, OwnedPart};
use core::ffi::c_void;
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;

/// Makes the objects at the address. The last argument of these functions is the number of
/// objects. Functions for one object do not have it: on all our platforms the caller removes
/// it.
pub type Constructor = unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void;
/// Makes the objects as copies of others.
pub type CopyConstructor = unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void;
/// Ends the objects.
pub type Destructor = unsafe extern "C" fn(*mut c_void, usize);

/// How the copies of a C++ object, or of an array of them, are made and ended.
#[derive(Clone, Copy, Default, Debug)]
pub struct Lifetime {
    /// Makes a copy, if it is there.
    pub constructor: Option<Constructor>,
    /// Makes a copy of the variable, if there is no constructor.
    pub copy_constructor: Option<CopyConstructor>,
    /// Ends a copy.
    pub destructor: Option<Destructor>,
    /// The number of objects.
    pub count: usize,
}

/// What the process knows of a variable.
#[derive(Default)]
struct Variable {
    lifetime: Lifetime,
    /// The first value, byte by byte.
    first: Option<Box<[u8]>>,
}

static VARIABLES: Mutex<BTreeMap<usize, Variable>> = covered(Rank::Threadprivate, BTreeMap::new());

/// The child's variables are as the parent's.
pub(crate) static AT_FORK: AtFork = AtFork::locks(&[&VARIABLES]);

/// A thread's copy; it may be the variable itself.
struct Copy {
    address: *mut c_void,
    /// Of memory that is ours.
    layout: Option<Layout>,
    lifetime: Lifetime,
}

/// A thread's own part: its copies, by the addresses of the variables. Owner only.
#[derive(Default)]
pub struct Threadprivate(Owned<BTreeMap<usize, Copy>>);

/// Says how copies of a variable are made and ended.
pub fn register(variable: *mut c_void, lifetime: Lifetime) {
    VARIABLES
        .lock()
        .entry(variable.addr())
        .or_default()
        .lifetime = lifetime;
}

impl Threadprivate {
    /// The thread's copy of the variable, which has `size` bytes. `is_first`: whether the
    /// thread has the variable itself.
    ///
    /// # Safety
    ///
    /// The variable has these bytes.
    pub unsafe fn copy(&self, variable: *mut c_void, size: usize, is_first: bool) -> *mut c_void {
        let mut copies = self.0.take();
        let address = match copies.get(&variable.addr()) {
            Some(copy) => copy.address,
            None => {
                // The constructor may ask for other variables.
                self.0.set(copies);
                // SAFETY: the caller's promise.
                let copy = unsafe { make(variable, size, is_first) };
                copies = self.0.take();
                let address = copy.address;
                copies.insert(variable.addr(), copy);
                address
            }
        };
        self.0.set(copies);
        address
    }

    /// The thread ends.
    pub(crate) fn clear(&self) {
        for (_, copy) in self.0.take() {
            let Some(layout) = copy.layout else {
                continue;
            };
            // SAFETY: `make` made the copy, and nobody uses it any more.
            unsafe {
                if let Some(destructor) = copy.lifetime.destructor {
                    destructor(copy.address, copy.lifetime.count);
                }
                System.dealloc(copy.address.cast(), layout);
            }
        }
    }
}

/// # Safety
///
/// As for [`Threadprivate::copy`].
unsafe fn make(variable: *mut c_void, size: usize, is_first: bool) -> Copy {
    let (lifetime, first) = {
        let mut variables = VARIABLES.lock();
        let known = variables.entry(variable.addr()).or_default();
        let first = known.first.get_or_insert_with(|| {
            // SAFETY: the caller's promise.
            unsafe { core::slice::from_raw_parts(variable.cast::<u8>(), size) }.into()
        });
        (known.lifetime, first.clone())
    };
    if is_first {
        return Copy {
            address: variable,
            layout: None,
            lifetime,
        };
    }
    let Ok(layout) = Layout::from_size_align(size.max(1), 64) else {
        out_of_memory(size)
    };
    // SAFETY: the size is not 0.
    let address: *mut c_void = unsafe { System.alloc_zeroed(layout) }.cast();
    if address.is_null() {
        out_of_memory(size);
    }
    // SAFETY: the memory is fresh and large enough; the compiled code gave the functions.
    unsafe {
        match (lifetime.constructor, lifetime.copy_constructor) {
            (Some(construct), _) => {
                construct(address, lifetime.count);
            }
            (None, Some(copy)) => {
                copy(address, variable, lifetime.count);
            }
            (None, None) => {
                core::ptr::copy_nonoverlapping(
                    first.as_ptr(),
                    address.cast::<u8>(),
                    first.len().min(size),
                );
            }
        }
    }
    Copy {
        address,
        layout: Some(layout),
        lifetime,
    }
}

impl OwnedPart for Threadprivate {
    fn renew(&self) {
        self.clear();
    }

    fn hand_over(&self) {
        self.0.hand_over();
    }
}
