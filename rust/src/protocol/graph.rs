//! The edges of the graph of dependences: which task waits for which.
//!
//! # Note [Finishing predecessors]
//!
//! A task that others may depend on has [`Successors`], a list of edges that is closed
//! in the end. A task or thread that waits for predecessors has a [`Waiter`], a count of
//! those that are left. The siblings' creator makes all edges, so one thread adds to a
//! list and one closes it.
//!
//! | word       | change | who | ordering |
//! |------------|--------|-----|----------|
//! | successors | + an edge, unless CLOSED | creator, `add` | CAS, release: the edge; acquire, if CLOSED: the predecessor's writes |
//! | successors | -> CLOSED | the thread that completes the predecessor, `finish` | swap: acquires the edges, releases the task's writes |
//! | awaited    | BIAS to begin with | creator | before any edge |
//! | awaited    | - 1 | the thread that completes a predecessor, per edge | release: the predecessor's writes; acquire: the others', in case it is the last |
//! | awaited    | - (BIAS - edges) | creator, `seal`, when all edges are made | as above |
//!
//! The thread that brings `awaited` to 0 has the waiter: the creator goes on with it, a
//! completer hands it to its `ready`. After the subtraction a completer does not touch
//! the waiter, whose thread may have returned by then. A waiter with edges lives until
//! the count is 0. So edges may point to it without a reference count.
//!
//! A waiter has fewer than BIAS edges: one per list item and live predecessor, each in
//! memory. Modelled in `tests/loom_graph.rs`.

use crate::sync::primitive::{AtomicPtr, AtomicU64, Ordering};

/// What `awaited` has more than its edges until it is sealed.
const BIAS: u64 = 1 << 48;

/// A task or thread that waits for predecessors; `W` says which.
#[derive(Debug)]
pub struct Waiter<W> {
    who: W,
    awaited: AtomicU64,
}

impl<W> Waiter<W> {
    /// Not sealed yet.
    pub fn new(who: W) -> Waiter<W> {
        Waiter {
            who,
            awaited: AtomicU64::new(BIAS),
        }
    }

    /// All `edges` have been made; true if nothing is left to wait for.
    #[inline]
    pub fn seal(&self, edges: u64) -> bool {
        let less = BIAS - edges;
        self.awaited.fetch_sub(less, Ordering::AcqRel) == less
    }

    /// Whether all predecessors have finished.
    #[inline]
    pub fn is_ready(&self) -> bool {
        self.awaited.load(Ordering::Acquire) == 0
    }
}

struct Edge<W> {
    to: *const Waiter<W>,
    next: *mut Edge<W>,
}

/// The waiters of one task; see the module.
#[derive(Debug)]
pub struct Successors<W>(AtomicPtr<Edge<W>>);

impl<W: Copy> Successors<W> {
    /// Of a task that has not finished.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Successors<W> {
        Successors(AtomicPtr::new(core::ptr::null_mut()))
    }

    fn closed() -> *mut Edge<W> {
        core::ptr::without_provenance_mut(1)
    }

    /// Whether the task has finished; acquires what it wrote.
    #[inline]
    pub fn is_finished(&self) -> bool {
        self.0.load(Ordering::Acquire) == Self::closed()
    }

    /// Makes `waiter` wait for the task; false if it has finished.
    ///
    /// # Safety
    ///
    /// Only the siblings' creator may call this, and the waiter must stay
    /// where it is until it is ready.
    #[inline]
    pub unsafe fn add(&self, waiter: &Waiter<W>) -> bool {
        let mut first = self.0.load(Ordering::Acquire);
        if first == Self::closed() {
            return false;
        }
        let edge = Box::into_raw(Box::new(Edge {
            to: waiter,
            next: first,
        }));
        while let Err(now) =
            self.0
                .compare_exchange(first, edge, Ordering::Release, Ordering::Acquire)
        {
            if now == Self::closed() {
                // SAFETY: made above and not published.
                drop(unsafe { Box::from_raw(edge) });
                return false;
            }
            first = now;
            // SAFETY: as above.
            unsafe { (*edge).next = first };
        }
        true
    }

    /// The task has finished. Hands over every waiter for which it was the last one.
    pub fn finish(&self, mut ready: impl FnMut(W)) {
        let mut edge = self.0.swap(Self::closed(), Ordering::AcqRel);
        while !edge.is_null() {
            // SAFETY: the list was taken whole, each edge was made by `add`,
            // and its waiter stays until the subtraction.
            let (who, before) = unsafe {
                let Edge { to, next } = *Box::from_raw(edge);
                edge = next;
                ((*to).who, (*to).awaited.fetch_sub(1, Ordering::AcqRel))
            };
            if before == 1 {
                ready(who);
            }
        }
    }
}
