//! Where the members of a team stand in its list of work shares.

use crate::construct::schedule::LoopState;
use crate::construct::space::IterationSpace;
use crate::construct::work_share::WorkShare;
use crate::icv::ScheduleKind;
use crate::protocol::construct_list::{self, Walk};
use crate::protocol::doacross::{Doacross, Sink};
use crate::protocol::turn::Awaiting;
use core::cell::Cell;
use std::sync::Arc;

/// A team's list of work shares.
pub struct WorkShares {
    head: Cell<*const WorkShare>,
}

// SAFETY: `head` is written by the master before the region is posted.
unsafe impl Sync for WorkShares {}
// SAFETY: work shares are owned by the team's list and cursors, not by threads.
unsafe impl Send for WorkShares {}

impl WorkShares {
    #[allow(clippy::new_without_default)]
    pub(crate) fn new() -> WorkShares {
        WorkShares {
            head: Cell::new(Box::leak(Box::default())),
        }
    }

    /// A cancelled region has ended, and its members stand at different work
    /// shares: keeps one, where the next region begins. All members are gathered.
    #[cold]
    pub(crate) fn reunite<'a>(&self, masters: &Cursor, members: impl Iterator<Item = &'a Cursor>) {
        construct_list::reunite(&masters.walk, members.map(|member| &member.walk));
    }

    /// A region begins, in a team of `size`. Answers the work share at which all
    /// members will stand: the one at which the master stood last.
    #[inline]
    pub(crate) fn open(&self, masters: &Cursor, size: u32) -> &'static WorkShare {
        let work_share = masters.walk.place();
        if !work_share.is_null() && self.head.get() != work_share {
            self.head.set(work_share);
        }
        // SAFETY: the head is a leaked or reused work share; see [`construct_list`].
        let work_share = unsafe { &*self.head.get() };
        construct_list::open(work_share);
        // The trace sees by this whether a combined construct starts here.
        work_share.kind.set(None);
        work_share.set_size(size);
        work_share
    }
}

/// Where a member stands. Only its thread touches it, except for `awaiting` and `sink`,
/// which other members read.
pub struct Cursor {
    walk: Walk<WorkShare>,
    /// What it has taken of the loop.
    pub(crate) loop_state: LoopState,
    /// In an ordered loop: what the member sleeps for.
    pub(crate) awaiting: Awaiting,
    /// In a doacross loop: what the member sleeps for.
    pub(crate) sink: Sink,
    /// The doacross loop that the member is in, if the compiled code says where it ends.
    pub(crate) doacross: Cell<Option<Box<OpenDoacross>>>,
}

/// A doacross loop between its beginning and its end.
pub(crate) struct OpenDoacross {
    /// `None` where no thread waits: in a team of one, and without iterations.
    pub state: Option<Arc<Doacross>>,
    /// The loop's dimensions.
    pub spaces: Vec<IterationSpace>,
}

impl Cursor {
    #[allow(clippy::new_without_default)]
    pub(crate) fn new() -> Cursor {
        Cursor {
            walk: Walk::new(),
            loop_state: LoopState::default(),
            awaiting: Awaiting::default(),
            sink: Sink::default(),
            doacross: Cell::new(None),
        }
    }

    /// A region begins.
    #[inline]
    pub(crate) fn begin(&self, work_shares: &WorkShares) {
        self.walk.begin(work_shares.head.get());
        self.loop_state.begin();
        // A cancelled region may have left one open.
        self.doacross.set(None);
    }

    /// The work share of the construct met last.
    #[inline]
    pub(crate) fn work_share(&self) -> &'static WorkShare {
        self.walk.here()
    }

    /// Whether the last construct gave the program no shared memory.
    pub(crate) fn is_plain(&self) -> bool {
        self.work_share().extra().is_none()
    }

    /// The schedule and the iterations of the loop met last, if it is one.
    pub(crate) fn loop_here(&self) -> Option<(ScheduleKind, u64)> {
        let work_share = self.work_share();
        work_share
            .kind
            .get()
            .map(|kind| (kind, work_share.space.get().trip))
    }

    /// Meets the next construct in a team of `size`; `prepare` makes a fresh
    /// work share complete. True for the member whose work share it is.
    #[inline]
    pub(crate) fn advance(
        &self,
        size: u32,
        prepare: impl FnOnce(&WorkShare),
    ) -> (&'static WorkShare, bool) {
        self.loop_state.begin();
        self.walk.advance(size, |work_share| {
            work_share.set_size(size);
            prepare(work_share);
        })
    }
}
