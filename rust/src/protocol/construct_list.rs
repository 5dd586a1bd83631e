//! The list that a team's members walk along: it has an entry for each construct that
//! they share.
//!
//! # Protocol
//!
//! Each member stands at the entry of the construct that it met last. To meet
//! the next it follows `next`. If that is null, it prepares a fresh entry, alone,
//! and publishes it by CAS; a member that loses uses the winner's. So an entry is
//! complete when another member sees it, and a member may be any number of `nowait`
//! constructs ahead of another.
//!
//! | field | writer | ordering |
//! |-------|------------|----------|
//! | the entry | the member that prepares it, before it publishes | published by `next` (release, acquire) |
//! | `next` | the winner, null -> entry, once | CAS release; readers acquire |
//! | `left` | each member that moves on, + 1 | acquire and release: the last one reuses the entry, after all |
//!
//! A member that stands at an entry has not counted itself out, so the entry
//! cannot be reused under it. When a region ends, all members stand at one
//! entry, which is the head of the next region's list. A team of one prepares its
//! one entry again and again. A member that has published a `next` has also moved there
//! and counted itself in `left`, so an entry with `left` 0 has no `next` either.
//! Modelled in `tests/loom_list.rs`.

use crate::sync::primitive::{AtomicPtr, AtomicU32, Ordering};
use core::cell::Cell;
use core::ptr::null_mut;

/// The most spare entries that a member keeps.
const MAX_SPARES: u32 = 4;

/// An entry's part for the list.
pub struct Links<T> {
    next: AtomicPtr<T>,
    left: AtomicU32,
}

impl<T> Default for Links<T> {
    fn default() -> Links<T> {
        Links {
            next: AtomicPtr::new(null_mut()),
            left: AtomicU32::new(0),
        }
    }
}

/// An entry. `default` makes one that is fit for a construct.
pub trait Entry: Default + 'static {
    /// The entry's part of the list.
    fn links(&self) -> &Links<Self>;
    /// Makes the entry fit for another construct; nobody else sees it.
    fn clear(&self);
}

/// A member's place in the list. Only its thread touches it, except for [`reunite`].
pub struct Walk<T> {
    /// The entry of the construct met last.
    here: Cell<*const T>,
    /// Entries that are this member's alone; `next` links them.
    spare: Cell<*const T>,
    spares: Cell<u32>,
}

impl<T: Entry> Walk<T> {
    /// Stands nowhere yet.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Walk<T> {
        Walk {
            here: Cell::new(core::ptr::null()),
            spare: Cell::new(core::ptr::null()),
            spares: Cell::new(0),
        }
    }

    /// Where the member stands; null at first.
    #[inline]
    pub fn place(&self) -> *const T {
        self.here.get()
    }

    /// A region begins, at this entry, which exists.
    #[inline]
    pub fn begin(&self, at: *const T) {
        self.here.set(at);
    }

    /// The entry of the construct met last.
    #[inline]
    pub fn here(&self) -> &'static T {
        // SAFETY: set by `begin` or `advance`, and not reused while this
        // member stands there. The lifetime ends with the next `advance`;
        // nobody keeps it so long.
        unsafe { &*self.here.get() }
    }

    /// Meets the next construct in a team of `size`; `prepare` makes a fresh
    /// entry complete. True for the member whose entry it is.
    #[inline]
    pub fn advance(&self, size: u32, prepare: impl FnOnce(&T)) -> (&'static T, bool) {
        let here = self.here();
        if size == 1 {
            here.clear();
            prepare(here);
            return (here, true);
        }
        let links = here.links();
        let mut next = links.next.load(Ordering::Acquire).cast_const();
        let mut mine = false;
        if next.is_null() {
            let fresh = self.fresh();
            // SAFETY: a fresh entry is this member's alone.
            prepare(unsafe { &*fresh });
            match links.next.compare_exchange(
                null_mut(),
                fresh.cast_mut(),
                Ordering::Release,
                Ordering::Acquire,
            ) {
                Ok(_) => (next, mine) = (fresh, true),
                Err(winner) => {
                    next = winner;
                    self.recycle(fresh);
                }
            }
        }
        self.here.set(next);
        if links.left.fetch_add(1, Ordering::AcqRel) + 1 == size {
            self.recycle(here);
        }
        (self.here(), mine)
    }

    fn fresh(&self) -> *const T {
        let entry = self.spare.get();
        if entry.is_null() {
            return Box::into_raw(Box::default());
        }
        // SAFETY: spare entries are this member's alone.
        let links = unsafe { (*entry).links() };
        self.spare.set(links.next.load(Ordering::Relaxed));
        self.spares.set(self.spares.get() - 1);
        links.next.store(null_mut(), Ordering::Relaxed);
        links.left.store(0, Ordering::Relaxed);
        entry
    }

    fn recycle(&self, entry: *const T) {
        if self.spares.get() == MAX_SPARES {
            // SAFETY: entries come from boxes, and all members have left it.
            drop(unsafe { Box::from_raw(entry.cast_mut()) });
            return;
        }
        // SAFETY: as above; it is this member's alone from here on.
        unsafe {
            (*entry).clear();
            let next = &(*entry).links().next;
            next.store(self.spare.get().cast_mut(), Ordering::Relaxed);
        }
        self.spare.set(entry);
        self.spares.set(self.spares.get() + 1);
    }
}

/// A region begins at this entry, where all members of the last one stood when
/// it ended; its master alone calls this.
#[inline]
pub fn open<T: Entry>(entry: &T) {
    if entry.links().left.load(Ordering::Relaxed) != 0 {
        close_up(entry);
    }
}

/// The last region's members did not all stand there: some met more constructs
/// than the master, which no program may do. The entries that they left behind must not
/// become the next region's. (If the master met more than others, the entries that it left
/// behind stay allocated.)
#[cold]
#[inline(never)]
fn close_up<T: Entry>(entry: &T) {
    let links = entry.links();
    links.left.store(0, Ordering::Relaxed);
    let mut behind = links.next.swap(null_mut(), Ordering::Relaxed);
    while !behind.is_null() {
        // SAFETY: entries come from boxes. The members that stood there have left
        // the region, and begin the next one at `entry`.
        let entry = unsafe { Box::from_raw(behind) };
        behind = entry.links().next.load(Ordering::Relaxed);
    }
}

/// A cancelled region has ended, and its members stand at different entries:
/// keeps one, where the next region begins. All members are gathered, so the
/// entries are the master's alone.
#[cold]
pub fn reunite<'a, T: Entry>(masters: &Walk<T>, members: impl Iterator<Item = &'a Walk<T>>) {
    let next = |&entry: &*const T| {
        // SAFETY: an entry at which a member stands, and all behind it in the
        // list, exist.
        let next = unsafe { (*entry).links().next.load(Ordering::Relaxed) };
        (!next.is_null()).then_some(next.cast_const())
    };
    // All entries before that of the last member have been recycled.
    let mut entry = members
        .map(|member| member.here.get())
        .max_by_key(|&entry| core::iter::successors(Some(entry), next).count())
        .unwrap_or(masters.here.get());
    while let Some(later) = next(&entry) {
        // SAFETY: entries come from boxes, and nobody stands there any more.
        drop(unsafe { Box::from_raw(entry.cast_mut()) });
        entry = later;
    }
    // SAFETY: the list's last entry, which is kept.
    unsafe { (*entry).clear() };
    masters.here.set(entry);
}
