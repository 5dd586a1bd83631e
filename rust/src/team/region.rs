//! A team, and the constants of the region that it executes.

use crate::affinity::partition::Placement;
use crate::construct::cursor::WorkShares;
use crate::construct::reduction::Block;
use crate::heap;
use crate::icv::{self, Icv};
use crate::protocol::barrier::round_count;
use crate::protocol::cancelled::Cancelled;
use crate::protocol::claim::Claim;
use crate::protocol::combining_tree::CombiningTree;
use crate::protocol::fork_tree::Tree;
use crate::team::member::Member;
use crate::team::team_tasks::{self, TeamTasks};
use crate::team::thread::Context;
use core::cell::Cell;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use crossbeam_utils::CachePadded;

/// Where in a league a team is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct League {
    /// The league's teams.
    pub size: u32,
    /// The number of this one, from 0.
    pub num: u32,
}

impl League {
    /// Outside of `teams`.
    pub const ALONE: League = League { size: 1, num: 0 };
}

/// What a region's threads read and only its master writes, and only where it
/// changed since the last region, so that the line stays in everybody's cache.
pub struct Region {
    /// Threads in the team.
    pub size: Cell<u32>,
    /// Enclosing parallel regions, this one included.
    pub level: Cell<u32>,
    /// Those of them with more than one thread.
    pub active_level: Cell<u32>,
    /// The ICVs that each implicit task starts with.
    pub icv: Cell<Icv>,
    /// Where the region's threads go, if [`binding::binding_enabled`].
    pub affinity: Cell<Placement>,
    /// Whether constructs can be cancelled (`cancel-var`); never changes.
    pub is_cancellable: bool,
    /// Where in a league the region is.
    pub league: Cell<League>,
    /// The task reductions that each implicit task starts with.
    pub reductions: Cell<Option<Block>>,
    /// Where the master came from; `None` in an initial team.
    pub outer: Cell<Option<Context>>,
    /// The initial team above this region, whose threads `thread-limit-var`
    /// limits; null in an initial team. The pool writes it with its lock, before
    /// a limited region's threads count.
    pub(crate) root: AtomicPtr<Team>,
    /// Whether the threads are a crowd ([`spinning::oversubscribes`]).
    pub oversubscribes: Cell<bool>,
    /// Who wakes and gathers whom.
    pub tree: Cell<Tree>,
    /// The fork generation of the process in which the region began.
    pub process: Cell<u32>,
}

/// A team. See [`super`] for a region's life.
#[repr(C, align(128))]
pub struct Team {
    /// The claim.
    pub(crate) claim: CachePadded<Claim>,
    /// The constants of the region.
    pub region: CachePadded<Region>,
    /// Which of its constructs were cancelled.
    pub cancelled: CachePadded<Cancelled>,
    /// `single` constructs that have found their thread.
    pub singles: CachePadded<AtomicU64>,
    /// The worksharing constructs under way.
    pub work_shares: WorkShares,
    /// Explicit tasks of the team.
    pub tasks: TeamTasks,
    /// Where a crowd meets at barriers.
    pub(crate) combining_tree: CombiningTree,
    /// The members; as many as the team may ever have.
    pub all_members: Box<[Member]>,
    /// The next free team of one of the owning thread.
    pub(crate) next_serial: Cell<Option<&'static Team>>,
}

// SAFETY: the cells are written by the master that claimed the team, before it
// posts the region to the workers and after it gathered them.
unsafe impl Sync for Team {}
// SAFETY: as above.
unsafe impl Send for Team {}

impl Team {
    /// Whether there is memory for a team of up to `most` members. Asked for in
    /// one piece, and roughly: what a member is made of cannot fail softly.
    pub(crate) fn fits(most: u32) -> bool {
        const DEQUE: usize = 2048;
        let member = size_of::<Member>() + DEQUE + round_count(most) as usize * 128;
        let all = (most as usize + 1).checked_mul(member + 64);
        all.is_some_and(|all| heap::can_allocate(all + size_of::<Team>()))
    }

    /// A new team with up to `most` members, one of them (the master's) taken.
    pub(crate) fn allocate(most: u32) -> &'static Team {
        Box::leak(Box::new(Team {
            claim: CachePadded::new(Claim::new()),
            region: CachePadded::new(Region {
                size: Cell::new(1),
                level: Cell::new(0),
                active_level: Cell::new(0),
                icv: Cell::new(icv::globals().initial),
                affinity: Cell::new(Placement::NOWHERE),
                is_cancellable: icv::globals().cancellation,
                league: Cell::new(League::ALONE),
                reductions: Cell::new(None),
                outer: Cell::new(None),
                root: AtomicPtr::new(core::ptr::null_mut()),
                oversubscribes: Cell::new(false),
                tree: Cell::new(Tree::DEEP),
                process: Cell::new(0),
            }),
            cancelled: CachePadded::new(Cancelled::new()),
            singles: CachePadded::new(AtomicU64::new(0)),
            work_shares: WorkShares::new(),
            tasks: TeamTasks::new(most),
            combining_tree: CombiningTree::new(most),
            all_members: (0..most).map(|num| Member::new(num, most)).collect(),
            next_serial: Cell::new(None),
        }))
    }

    /// Nobody uses the team any more, which the pool has claimed.
    pub(crate) fn set_free(&self) {
        self.claim.end_building(self.claim.capacity(), 0);
    }

    /// In the child of a fork: the team, which no region used, is this process's.
    pub(crate) fn inherit(&self) {
        self.tasks.inherit();
        for member in &self.all_members {
            member.tasks.hosted.set(core::ptr::null_mut());
        }
    }

    /// Whether the calling thread's initial team has nothing under way that the
    /// program, or another thread, still touches.
    pub(crate) fn rests(&'static self, member: &Member) -> bool {
        team_tasks::is_at_rest(self, member)
            && member.cursor.is_plain()
            && member.tasks.hosted.get().is_null()
    }

    /// The context of a thread that joins as `member`.
    #[inline(always)]
    pub(crate) fn context_of(&'static self, member: &'static Member) -> Context {
        Context {
            team: self,
            member,
            task: &member.implicit,
        }
    }

    /// No `single` has found its thread yet. The line stays where it is if the last
    /// region had none.
    #[inline(always)]
    pub(crate) fn refresh_singles(&self) {
        if self.singles.load(Ordering::Relaxed) != 0 {
            self.singles.store(0, Ordering::Relaxed);
        }
    }

    /// Threads in the team.
    #[inline(always)]
    pub fn size(&self) -> u32 {
        self.region.size.get()
    }

    /// Whether this is the team of a parallel region, and not an initial one.
    #[inline]
    pub fn is_in_parallel(&self) -> bool {
        self.region.level.get() > 0
    }

    /// The members in use.
    #[inline]
    pub fn members(&self) -> &[Member] {
        &self.all_members[..self.size() as usize]
    }

    /// The initial team of a thread.
    pub(crate) fn begin_initial(&'static self) {
        let region = &self.region;
        region.size.set(1);
        region.level.set(0);
        region.active_level.set(0);
        let partition = icv::globals().affinity.all_places();
        region.affinity.set(Placement {
            partition,
            ..Placement::NOWHERE
        });
        self.all_members[0].partition.set(partition);
        region.league.set(League::ALONE);
        region.outer.set(None);
        region.root.store(core::ptr::null_mut(), Ordering::Relaxed);
        region.icv.set(icv::defaults());
        region.reductions.set(None);
        region.process.set(crate::sync::process::generation());
    }

    /// The initial team above this one, or this one.
    pub(crate) fn root(&self) -> *mut Team {
        let root = self.region.root.load(Ordering::Relaxed);
        if root.is_null() {
            core::ptr::from_ref(self).cast_mut()
        } else {
            root
        }
    }

    /// The team is for a region under this initial team.
    pub(crate) fn put_under(&self, root: *mut Team) {
        if self.region.root.load(Ordering::Relaxed) != root {
            self.region.root.store(root, Ordering::Relaxed);
        }
    }
}
