//! Where an OS thread is bound, as its record remembers it.

use crate::affinity::partition::Placement;
use crate::sync::owned::{Owned, OwnedPart};

/// Where a thread was in its team when it displayed its affinity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Displayed {
    /// The region's nesting level.
    pub level: u32,
    /// The thread's number.
    pub num: u32,
    /// The team's size.
    pub size: u32,
    /// The address of the member that started the region: threads that serve another one display,
    /// also if that one has the same number.
    pub outer: Option<usize>,
    /// The thread's place.
    pub place: Option<u32>,
    /// What all places of the region follow from. If it changes, all threads display.
    pub placement: Placement,
}

/// A thread's own part.
pub struct ThreadBinding {
    /// The number of the place that the OS thread is bound to.
    pub place: Owned<Option<u32>>,
    /// What was last displayed of the thread's affinity.
    pub displayed: Owned<Option<Displayed>>,
    /// Of a new worker: the processor of the thread that started it.
    pub spawn_processor: Owned<Option<usize>>,
}

impl ThreadBinding {
    /// Bound to no place.
    #[allow(clippy::new_without_default)]
    pub fn new() -> ThreadBinding {
        ThreadBinding {
            place: Owned::new(None),
            displayed: Owned::new(None),
            spawn_processor: Owned::new(None),
        }
    }
}

impl OwnedPart for ThreadBinding {
    fn renew(&self) {
        let ThreadBinding {
            place,
            displayed,
            spawn_processor,
        } = self;
        place.set(None);
        displayed.set(None);
        spawn_processor.set(None);
    }

    fn hand_over(&self) {
        let ThreadBinding {
            place,
            displayed,
            spawn_processor,
        } = self;
        place.hand_over();
        displayed.hand_over();
        spawn_processor.hand_over();
    }
}
