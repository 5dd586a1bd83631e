//! Memory in whole pages, for blocks that must stay in physical memory or must be on
//! certain memory nodes.

use crate::sync::made::Made;
use core::ffi::{c_int, c_ulong, c_void};
use core::ptr::{null, null_mut};

/// The trait `partition` (OpenMP 5.2, 6.2): on which memory nodes a block's pages are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Partition {
    /// Where the system puts them.
    Environment,
    /// On the node of the thread that allocates the block.
    Nearest,
    /// One part of the block on each node, in the nodes' order.
    Blocked,
    /// One page on each node, in turn.
    Interleaved,
}

// Linux's numbers for `mbind` and `get_mempolicy`.
const MPOL_BIND: c_int = 2;
const MPOL_INTERLEAVE: c_int = 3;
const MPOL_LOCAL: c_int = 4;
const MPOL_F_MEMS_ALLOWED: c_ulong = 4;

/// A set of memory nodes, in the kernel's form.
type Nodes = [c_ulong; 16];
/// Nodes that such a set has room for.
const MAX_NODES: usize = 16 * c_ulong::BITS as usize;

/// The memory nodes that the process may use, in increasing order; empty if the kernel
/// does not tell.
fn nodes() -> &'static [usize] {
    static NODES: Made<Vec<usize>> = Made::new();
    let find = || {
        let mut allowed: Nodes = [0; 16];
        // SAFETY: the kernel writes no more than the set's bytes.
        let told = unsafe {
            libc::syscall(
                libc::SYS_get_mempolicy,
                null_mut::<c_int>(),
                allowed.as_mut_ptr(),
                MAX_NODES as c_ulong,
                null::<c_void>(),
                MPOL_F_MEMS_ALLOWED,
            )
        };
        let has = |&node: &usize| {
            let bits = c_ulong::BITS as usize;
            allowed[node / bits] >> (node % bits) & 1 == 1
        };
        (0..if told == 0 { MAX_NODES } else { 0 })
            .filter(has)
            .collect()
    };
    NODES.make(find).0
}

/// Whether a partition makes a difference on this machine.
pub fn matters(partition: Partition) -> bool {
    partition != Partition::Environment && nodes().len() > 1
}

/// The size of a page, in bytes.
pub fn page_size() -> usize {
    // SAFETY: this call only answers (the C library knows the answer).
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

fn whole_pages(size: usize) -> Option<usize> {
    size.checked_next_multiple_of(page_size())
}

/// Tells the kernel on which nodes the pages shall be. It is a hint: if the kernel refuses
/// it, the pages are where they would be without it.
fn bind(start: *mut c_void, length: usize, mode: c_int, on: &[usize]) {
    let mut set: Nodes = [0; 16];
    for node in on {
        set[node / c_ulong::BITS as usize] |= 1 << (node % c_ulong::BITS as usize);
    }
    let (mask, most) = if on.is_empty() {
        (null(), 0)
    } else {
        (set.as_ptr(), MAX_NODES)
    };
    // SAFETY: the range is the caller's fresh mapping; the set is only read.
    unsafe { libc::syscall(libc::SYS_mbind, start, length, mode, mask, most, 0) };
}

/// Maps zeroed pages for `size` bytes; null if there are none.
pub fn map(size: usize, pinned: bool, partition: Partition) -> *mut c_void {
    let Some(length) = whole_pages(size) else {
        return null_mut();
    };
    // SAFETY: a new mapping, at an address that the kernel chooses.
    let start = unsafe {
        libc::mmap(
            null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if start == libc::MAP_FAILED {
        return null_mut();
    }
    if matters(partition) {
        match partition {
            Partition::Environment => {}
            Partition::Nearest => bind(start, length, MPOL_LOCAL, &[]),
            Partition::Interleaved => bind(start, length, MPOL_INTERLEAVE, nodes()),
            Partition::Blocked => {
                let part = (length / nodes().len()).next_multiple_of(page_size());
                for (i, node) in nodes().iter().enumerate() {
                    let from = (i * part).min(length);
                    let to = (from + part).min(length);
                    let at = start.cast::<u8>().wrapping_add(from).cast();
                    bind(at, to - from, MPOL_BIND, &[*node]);
                }
            }
        }
    }
    // SAFETY: the mapping from above.
    unsafe {
        if pinned && libc::mlock(start, length) != 0 {
            libc::munmap(start, length);
            return null_mut();
        }
    }
    start
}

/// Unmaps the pages that `map` mapped for `size` bytes.
///
/// # Safety
///
/// `start` is of `map(size, ..)` and not used any more.
pub unsafe fn unmap(start: *mut c_void, size: usize) {
    // `map` has computed the same length before.
    let length = whole_pages(size).unwrap_or(size);
    // SAFETY: the caller's promise.
    unsafe { libc::munmap(start, length) };
}
