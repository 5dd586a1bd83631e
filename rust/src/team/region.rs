//! A team, and the constants of the region that it executes.
//!
//! [`crate::parallel`] claims a team, writes the constants and releases the team;
//! see Note [A region's life] in [`super`].

use crate::affinity::partition::Placement;
use crate::construct::cursor::WorkShares;
use crate::construct::reduction::Block;
use crate::heap;
use crate::icv::{self, Icv};
use crate::ompt::record::RegionRecord;
use crate::protocol::barrier::round_count;
use crate::protocol::cancelled::Cancelled;
use crate::protocol::claim::Claim;
use crate::protocol::combining_tree::CombiningTree;
use crate::protocol::fork_tree::Tree;
use crate::protocol::single::Singles;
use crate::team::member::Member;
use crate::team::team_tasks::{self, TeamTasks};
use crate::team::thread::Context;
use core::cell::Cell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicPtr, Ordering};
use crossbeam_utils::CachePadded;

/// The place of a team in a league.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct League {
    /// Teams in the league.
    pub size: u32,
    /// The number of this one, from 0.
    pub num: u32,
}

impl League {
    /// Outside of `teams`: a league of one team.
    pub const ALONE: League = League { size: 1, num: 0 };
}

/// What a region's body needs, if it needs more than one pointer. Compiled code often meets the
/// same region with the same variables again; then the master writes nothing, and no cache line
/// moves to the other members, as one would if the words were on the master's stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(align(64))]
pub struct Payload(pub [*mut c_void; 8]);

impl Payload {
    /// For a body that needs none.
    pub const NONE: Payload = Payload([core::ptr::null_mut(); 8]);
}

/// The constants of a region. The master that claimed the team writes the cells before
/// it posts the region's message; the members only read them, from the message until
/// they have arrived at the join. The master writes a cell only if that changes it, so
/// that the line stays in the caches of all members.
pub struct Region {
    /// Threads in the team.
    pub size: Cell<u32>,
    /// The number of enclosing parallel regions, including this one.
    pub level: Cell<u32>,
    /// How many of those have more than one thread.
    pub active_level: Cell<u32>,
    /// The ICVs with which each implicit task starts.
    pub icv: Cell<Icv>,
    /// Where the region's threads are bound, if binding is enabled
    /// ([`crate::parallel::binding::binding_enabled`]).
    pub affinity: Cell<Placement>,
    /// Whether constructs can be cancelled (`cancel-var`). Never changes.
    pub is_cancellable: bool,
    /// The place of the region's team in a league.
    pub league: Cell<League>,
    /// The task reductions with which each implicit task starts.
    pub reductions: Cell<Option<Block>>,
    /// The context from which the master came; `None` in an initial team.
    pub outer: Cell<Option<Context>>,
    /// The initial team around this region; null in an initial team. `thread-limit-var`
    /// limits the threads of all teams under it. The master writes it, for a limited
    /// region with the pool's lock, before the region's threads count. Other masters
    /// read it with that lock.
    initial_team: AtomicPtr<Team>,
    /// Whether the threads oversubscribe the processors
    /// ([`crate::icv::spinning::oversubscribes`]).
    pub oversubscribes: Cell<bool>,
    /// Which member wakes and gathers which others.
    pub tree: Cell<Tree>,
    /// The process (fork generation) in which the region began.
    pub process: Cell<u32>,
    /// The body's words. Those of an earlier region stay, where this one's body has none.
    pub payload: Cell<Payload>,
    /// The region's part for the tool.
    pub tool: RegionRecord,
}

/// A team; see the module.
#[repr(C, align(128))]
pub struct Team {
    /// The right to use the team, by its protocol.
    pub(crate) claim: CachePadded<Claim>,
    /// The constants of the region.
    pub region: CachePadded<Region>,
    /// Which constructs of the region were cancelled, by the protocol.
    pub cancelled: CachePadded<Cancelled>,
    /// `single` constructs whose thread is found. Each member may add.
    pub singles: CachePadded<Singles>,
    /// The worksharing constructs in progress.
    pub work_shares: WorkShares,
    /// The team's part for tasking.
    pub tasks: TeamTasks,
    /// Where the members are counted at barriers if they oversubscribe the processors.
    pub(crate) combining_tree: CombiningTree,
    /// All members: as many as the team may ever have. [`active_members`](Team::active_members)
    /// are those in use.
    pub all_members: Box<[Member]>,
    /// The next one in the owning thread's list of free teams. That thread only.
    pub(crate) next_serial: Cell<Option<&'static Team>>,
}

// SAFETY: the master that claimed the team writes the cells, before it posts the region
// to the workers and after it has gathered them.
unsafe impl Sync for Team {}
// SAFETY: as above.
unsafe impl Send for Team {}

impl Team {
    /// Whether there is memory for a team of up to `most` members. The answer is an
    /// estimate, from one request for all of it: the parts of a member are allocated by
    /// code that ends the process if it gets no memory.
    pub(crate) fn has_memory_for(most: u32) -> bool {
        const DEQUE_BYTES: usize = 2048;
        let member = size_of::<Member>() + DEQUE_BYTES + round_count(most) as usize * 128;
        let all = (most as usize + 1).checked_mul(member + 64);
        all.is_some_and(|all| heap::can_allocate(all + size_of::<Team>()))
    }

    /// A new team with up to `most` members. Its claim says that member 0, the master's,
    /// is in use.
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
                initial_team: AtomicPtr::new(core::ptr::null_mut()),
                oversubscribes: Cell::new(false),
                tree: Cell::new(Tree::DEEP),
                process: Cell::new(0),
                payload: Cell::new(Payload::NONE),
                tool: RegionRecord::default(),
            }),
            cancelled: CachePadded::new(Cancelled::new()),
            singles: CachePadded::new(Singles::new()),
            work_shares: WorkShares::new(),
            tasks: TeamTasks::new(most),
            combining_tree: CombiningTree::new(most),
            all_members: (0..most).map(|num| Member::new(num, most)).collect(),
            next_serial: Cell::new(None),
        }))
    }

    /// No thread uses the team any more. The pool has claimed it.
    pub(crate) fn set_free(&self) {
        self.claim.end_building(self.claim.capacity(), 0);
    }

    /// In the child of a fork: the team, which no region used, belongs to this process.
    pub(crate) fn inherit(&self) {
        self.tasks.inherit();
        self.all_members
            .iter()
            .for_each(|member| member.tasks.inherit());
    }

    /// Whether the calling thread's initial team has nothing in progress that the
    /// program, or another thread, will still touch.
    pub(crate) fn is_at_rest(&'static self, member: &Member) -> bool {
        team_tasks::is_at_rest(self, member)
            && member.cursor.is_plain()
            && member.tasks.host_data.get().is_null()
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

    /// The members in use in this region.
    #[inline]
    pub fn active_members(&self) -> &[Member] {
        &self.all_members[..self.size() as usize]
    }

    /// The team becomes the initial team of a thread.
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
        region
            .initial_team
            .store(core::ptr::null_mut(), Ordering::Relaxed);
        region.icv.set(icv::defaults());
        region.reductions.set(None);
        region.process.set(crate::sync::process::generation());
    }

    /// The initial team around this one, or this one.
    pub(crate) fn initial_team(&self) -> *mut Team {
        let initial = self.region.initial_team.load(Ordering::Relaxed);
        if initial.is_null() {
            core::ptr::from_ref(self).cast_mut()
        } else {
            initial
        }
    }

    /// The team is for a region under this initial team.
    pub(crate) fn set_initial_team(&self, initial: *mut Team) {
        if self.region.initial_team.load(Ordering::Relaxed) != initial {
            self.region.initial_team.store(initial, Ordering::Relaxed);
        }
    }
}
