//! The loop entries, written once for `long` and for `unsigned long long`.
//!
//! Each macro takes the loop's values as `[names: types] integer`, the function
//! that makes an [`IterationSpace`](crate::construct::space::IterationSpace) from them,
//! and the entries' names.

use crate::abi::gomp::words;
use crate::construct::reduction::Block;
use crate::worksharing::loops::{self, Clauses, Plan};
use core::ffi::c_void;

/// `_start` entries with a chunk size.
macro_rules! start_chunked {
    ($values:tt $integer:ty, $space:path; $($name:ident: $kind:ident, $order:ident, $text:literal;)*) => {
        $($crate::abi::gomp::entries::start_chunked! {
            @one $values $integer, $space, $name, $kind, $order, $text
        })*
    };
    (@one [$($value:ident: $type:ty),*] $integer:ty, $space:path,
     $name:ident, $kind:ident, $order:ident, $text:literal) => {
        #[doc = concat!("Meets a loop with ", $text, "; see the module.")]
        ///
        /// # Safety
        ///
        /// `istart` and `iend` must be valid for a write.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            $($value: $type,)*
            chunk: $integer,
            istart: *mut $integer,
            iend: *mut $integer,
        ) -> bool {
            loops::start(
                &Plan {
                    space: $space($($value),*),
                    schedule: ScheduleClause::Kind(ScheduleKind::$kind),
                    chunk: words::chunk_size(chunk),
                    order: Order::$order,
                },
            );
            // SAFETY: the caller's promise.
            unsafe { words::store(istart, iend) }
        }
    };
}

/// `_start` entries of `schedule(runtime)`.
macro_rules! start_runtime {
    ($values:tt $integer:ty, $space:path; $($name:ident: $order:ident, $text:literal;)*) => {
        $($crate::abi::gomp::entries::start_runtime! {
            @one $values $integer, $space, $name, $order, $text
        })*
    };
    (@one [$($value:ident: $type:ty),*] $integer:ty, $space:path,
     $name:ident, $order:ident, $text:literal) => {
        #[doc = concat!("Meets a loop with ", $text, "; see the module.")]
        ///
        /// # Safety
        ///
        /// `istart` and `iend` must be valid for a write.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            $($value: $type,)*
            istart: *mut $integer,
            iend: *mut $integer,
        ) -> bool {
            loops::start(
                &Plan { space: $space($($value),*), schedule: ScheduleClause::Runtime, chunk: 0, order: Order::$order },
            );
            // SAFETY: the caller's promise.
            unsafe { words::store(istart, iend) }
        }
    };
}

/// `_start` entries with a schedule word and shared memory.
macro_rules! start_by_word {
    ($values:tt $integer:ty, $space:path; $($name:ident: $ordered:literal, $text:literal;)*) => {
        $($crate::abi::gomp::entries::start_by_word! {
            @one $values $integer, $space, $name, $ordered, $text
        })*
    };
    (@one [$($value:ident: $type:ty),*] $integer:ty, $space:path,
     $name:ident, $ordered:literal, $text:literal) => {
        #[doc = concat!("Meets a loop ", $text, " whose schedule is the word `sched`")]
        /// (0 runtime, 1 static, 2 dynamic, 3 guided, 4 auto; bit 31 monotonic).
        /// If `istart` is null, the compiler's code deals out the iterations itself.
        /// If `memory` is not null, it points to a size in bytes, which the entry
        /// replaces by the address of as much zeroed memory, the same for all
        /// threads. `reductions`: the thread's block of task reductions, or null.
        /// With it, the loop ends with `GOMP_workshare_task_reduction_unregister`.
        ///
        /// # Safety
        ///
        /// `istart` and `iend` must be null or valid for a write; `memory` null
        /// or valid for a read and a write; `reductions` null or a block.
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            $($value: $type,)*
            sched: c_long,
            chunk: $integer,
            istart: *mut $integer,
            iend: *mut $integer,
            reductions: *mut usize,
            memory: *mut *mut c_void,
        ) -> bool {
            let plan = Plan {
                space: $space($($value),*),
                schedule: words::schedule(sched),
                chunk: words::chunk_size(chunk),
                order: if $ordered { Order::Ordered } else { words::order(sched) },
            };
            // SAFETY: the caller's promise.
            unsafe { entries::start_with(plan, &[], istart, iend, reductions, memory) }
        }
    };
}

/// `_next` entries. They are all the same: the loop knows its schedule.
macro_rules! next {
    ($integer:ty; $($name:ident)*) => {$(
        /// Takes the calling thread's next chunk; see the module.
        ///
        /// # Safety
        ///
        /// `istart` and `iend` must be valid for a write.
        #[no_mangle]
        pub unsafe extern "C" fn $name(istart: *mut $integer, iend: *mut $integer) -> bool {
            // SAFETY: the caller's promise.
            unsafe { words::store(istart, iend) }
        }
    )*};
}

pub(crate) use {next, start_by_word, start_chunked, start_runtime};

/// Meets a loop that has rare clauses; see `start_by_word`. `dimensions`: the
/// iterations of each dimension of a doacross loop; empty for other loops.
///
/// # Safety
///
/// As for the entries of `start_by_word`.
pub(crate) unsafe fn start_with<T: words::Integer>(
    plan: Plan,
    dimensions: &[u64],
    istart: *mut T,
    iend: *mut T,
    reductions: *mut usize,
    memory: *mut *mut c_void,
) -> bool {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        meet(reductions, memory, |clauses| {
            loops::start_with(
                &plan,
                &Clauses {
                    dimensions,
                    ..clauses
                },
            )
        })
    };
    if istart.is_null() {
        return true;
    }
    // SAFETY: as above.
    unsafe { words::store(istart, iend) }
}

/// Unpacks `reductions` and `memory` of an entry for `start`, which answers the
/// address of the shared memory.
///
/// # Safety
///
/// As for the entries of `start_by_word`.
pub(crate) unsafe fn meet(
    reductions: *mut usize,
    memory: *mut *mut c_void,
    start: impl FnOnce(Clauses) -> *mut u64,
) {
    // SAFETY: the caller's promise, here and below.
    let memory = unsafe { memory.as_mut() };
    let shared = start(Clauses {
        memory: memory.as_ref().map(|size| **size as usize),
        dimensions: &[],
        // SAFETY: as above.
        reductions: unsafe { Block::new(reductions) },
    });
    if let Some(memory) = memory {
        *memory = shared.cast();
    }
}
