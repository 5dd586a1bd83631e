//! The teams that a thread keeps for its next regions. [`crate::parallel`] asks here
//! before it asks the pool.

use crate::sync::owned::{Owned, OwnedPart};
use crate::team::region::Team;

/// Nesting levels for which a thread remembers its last team.
const REMEMBERED_LEVELS: usize = 4;

/// A thread's own part. Owner only.
pub struct KeptTeams {
    /// Per nesting level: the team that the last region inside that level used.
    last: [Owned<Option<&'static Team>>; REMEMBERED_LEVELS],
    /// A list of free teams of one thread, linked by `next_serial`.
    serial: Owned<Option<&'static Team>>,
}

impl KeptTeams {
    pub(crate) fn new() -> KeptTeams {
        KeptTeams {
            last: Default::default(),
            serial: Owned::new(None),
        }
    }

    /// The team that a region inside nesting level `level` used last.
    #[inline]
    pub(crate) fn last(&self, level: u32) -> Option<&'static Team> {
        self.last.get(level as usize).and_then(Owned::get)
    }

    /// Remembers a team for [`last`](KeptTeams::last).
    pub(crate) fn remember(&self, level: u32, team: &'static Team) {
        if let Some(last) = self.last.get(level as usize) {
            last.set(Some(team));
        }
    }

    /// The last teams of all levels.
    pub(crate) fn all_last(&self) -> impl Iterator<Item = &'static Team> + '_ {
        self.last.iter().filter_map(Owned::get)
    }

    /// Remembers no team any more.
    pub(crate) fn forget_last(&self) {
        self.last.iter().for_each(|last| last.set(None));
    }

    /// Takes a free team of one thread from the list.
    #[inline]
    pub(crate) fn take_serial(&self) -> Option<&'static Team> {
        let team = self.serial.take()?;
        self.serial.set(team.next_serial.take());
        Some(team)
    }

    /// Puts a free team of one thread into the list.
    #[inline]
    pub(crate) fn put_serial(&self, team: &'static Team) {
        team.next_serial.set(self.serial.take());
        self.serial.set(Some(team));
    }

    /// In the child of a fork: the free teams of one thread belong to this process.
    pub(crate) fn inherit_serial(&self) {
        self.serial.hand_over();
        let mut next = self.serial.get();
        while let Some(team) = next {
            team.inherit();
            next = team.next_serial.get();
        }
        self.serial.hand_over();
    }
}

impl OwnedPart for KeptTeams {
    /// The free teams of one thread stay with the record.
    fn renew(&self) {
        self.forget_last();
    }

    fn hand_over(&self) {
        let KeptTeams { last, serial } = self;
        last.iter().for_each(Owned::hand_over);
        serial.hand_over();
    }
}
