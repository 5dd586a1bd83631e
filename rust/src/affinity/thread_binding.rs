//! Where an OS thread is bound, as its record remembers it.

use crate::sync::owned::{Owned, OwnedPart};

/// A thread's own part.
pub struct ThreadBinding {
    /// The number of the place that the OS thread is bound to.
    pub place: Owned<Option<u32>>,
    /// What was last displayed of the thread's affinity: its number, the team's
    /// size, its place.
    pub displayed: Owned<Option<(u32, u32, Option<u32>)>>,
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
