//! The memory of a doacross loop's cells: zeroed, and not touched before a member
//! posts there. A loop of 2^31 iterations may have 16 GB of cells; it pays for
//! those that it reaches.

#[cfg(not(loom))]
pub use lazy::Words;
#[cfg(loom)]
pub use model::Words;

#[cfg(not(loom))]
mod lazy {
    use crate::heap::out_of_memory;
    use core::ops::Deref;
    use core::ptr::{null_mut, NonNull};
    use core::sync::atomic::AtomicU64;
    use std::alloc::{alloc_zeroed, dealloc, Layout};

    /// From this many bytes on the memory is mapped without a reservation: the
    /// system may not have as much as the loop might need at most.
    pub(super) const LEAST_MAPPED_BYTES: usize = 1 << 20;

    /// A fixed number of words.
    #[derive(Debug)]
    pub struct Words {
        start: NonNull<AtomicU64>,
        count: usize,
    }

    // SAFETY: the words are atomic, and the memory is this value's own.
    unsafe impl Send for Words {}
    // SAFETY: as above.
    unsafe impl Sync for Words {}

    impl Words {
        /// So many zeros. If they cannot be had the program ends.
        pub fn new(count: usize) -> Words {
            let layout = Layout::array::<AtomicU64>(count).ok();
            let start = layout.and_then(|layout| match layout.size() {
                0 => Some(NonNull::dangling()),
                // SAFETY: the size is not 0.
                1..LEAST_MAPPED_BYTES => NonNull::new(unsafe { alloc_zeroed(layout) }.cast()),
                bytes => map(bytes),
            });
            let Some(start) = start else {
                out_of_memory(count.saturating_mul(size_of::<AtomicU64>()));
            };
            Words { start, count }
        }

        fn bytes(&self) -> usize {
            self.count * size_of::<AtomicU64>()
        }
    }

    fn map(bytes: usize) -> Option<NonNull<AtomicU64>> {
        // SAFETY: a new mapping, at an address that the kernel chooses.
        let start = unsafe {
            libc::mmap(
                null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        NonNull::new(start.cast()).filter(|_| start != libc::MAP_FAILED)
    }

    impl Deref for Words {
        type Target = [AtomicU64];

        #[inline]
        fn deref(&self) -> &[AtomicU64] {
            // SAFETY: `new` made so many of them; zeros are atomic words.
            unsafe { core::slice::from_raw_parts(self.start.as_ptr(), self.count) }
        }
    }

    impl Drop for Words {
        fn drop(&mut self) {
            let start = self.start.as_ptr();
            match self.bytes() {
                0 => {}
                // SAFETY: `new` allocated it with this layout; nobody refers to
                // it any more.
                bytes @ 1..LEAST_MAPPED_BYTES => unsafe {
                    let align = align_of::<AtomicU64>();
                    dealloc(
                        start.cast(),
                        Layout::from_size_align_unchecked(bytes, align),
                    );
                },
                // SAFETY: as above, mapped.
                bytes => unsafe {
                    libc::munmap(start.cast(), bytes);
                },
            }
        }
    }
}

#[cfg(loom)]
mod model {
    use crate::sync::primitive::AtomicU64;
    use core::ops::Deref;

    /// As the real ones; loom's atomics are no plain memory.
    #[derive(Debug)]
    pub struct Words(Box<[AtomicU64]>);

    impl Words {
        pub fn new(count: usize) -> Words {
            Words((0..count).map(|_| AtomicU64::new(0)).collect())
        }
    }

    impl Deref for Words {
        type Target = [AtomicU64];

        fn deref(&self) -> &[AtomicU64] {
            &self.0
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::lazy::LEAST_MAPPED_BYTES;
    use super::*;
    use core::sync::atomic::Ordering;

    #[test]
    fn zeros_wherever_they_are() {
        for count in [
            0,
            1,
            LEAST_MAPPED_BYTES / 8 - 1,
            LEAST_MAPPED_BYTES / 8,
            LEAST_MAPPED_BYTES / 8 + 1,
            1 << 27,
        ] {
            let words = Words::new(count);
            assert_eq!(words.len(), count);
            for word in words.first().into_iter().chain(words.last()) {
                assert_eq!(word.load(Ordering::Relaxed), 0);
            }
            words
                .iter()
                .take(1000)
                .for_each(|word| word.store(1, Ordering::Relaxed));
        }
    }
}
