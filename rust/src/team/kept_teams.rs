//! The teams that a thread keeps for its next regions.

use crate::sync::owned::{Owned, OwnedPart};
use crate::team::region::Team;

/// Nesting levels for which the last team is remembered.
const REMEMBERED_LEVELS: usize = 4;

/// A thread's own part.
pub struct KeptTeams {
    /// The team used last for a region inside nesting level i.
    last: [Owned<Option<&'static Team>>; REMEMBERED_LEVELS],
    /// Free teams of one, for regions that run on this thread alone.
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

    /// Takes a free team of one out.
    #[inline]
    pub(crate) fn take_serial(&self) -> Option<&'static Team> {
        let team = self.serial.take()?;
        self.serial.set(team.next_serial.take());
        Some(team)
    }

    /// Puts a free team of one in.
    #[inline]
    pub(crate) fn put_serial(&self, team: &'static Team) {
        team.next_serial.set(self.serial.take());
        self.serial.set(Some(team));
    }

    /// In the child of a fork: the free teams of one are this process's.
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
    /// The free teams of one stay with the record.
    fn renew(&self) {
        self.forget_last();
    }

    fn hand_over(&self) {
        self.last.iter().for_each(Owned::hand_over);
        self.serial.hand_over();
    }
}
