//! A team's part for tasking: which members may have tasks, which sleep, and whether all
//! tasks are done. Each field has a protocol of its own; [`crate::tasking`] acts on them.

use crate::protocol::helpers::Helpers;
use crate::protocol::host_tasks::HostSleepers;
use crate::protocol::sleepers::Sleepers;
use crate::protocol::task_counts::{self, Active, Finisher};
use crate::sync::member_set::MemberSet;
use crate::sync::mutex::{self, of_team, Mutex, Rank};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::shared_tasks::SharedTasks;
use crossbeam_utils::CachePadded;

/// See the module. All members touch all of it.
pub struct TeamTasks {
    /// In which phases a task was deferred.
    pub(crate) active: CachePadded<Active>,
    /// Members that sleep and want to be woken for tasks.
    pub(crate) sleepers: CachePadded<Sleepers>,
    /// The member that finishes a phase's tasks, while it sleeps.
    pub(crate) finisher: CachePadded<Finisher>,
    /// Members that may have tasks; see Note [Who has tasks] in
    /// [`crate::tasking::queues`].
    pub(crate) listed: MemberSet,
    /// Members that may have counted a task in this region.
    pub(crate) counted: MemberSet,
    /// Tasks that are in no deque.
    pub(crate) shared: CachePadded<SharedTasks>,
    /// Held by the member that unlinks finished ancestors; see
    /// [`crate::protocol::walks`].
    pub(crate) unlinking: Mutex<()>,
    /// Workers that have left the region and help with its tasks.
    pub(crate) helpers: CachePadded<Helpers>,
    /// Members that sleep for tasks of the host.
    pub(crate) host_sleepers: CachePadded<HostSleepers>,
}

impl TeamTasks {
    pub(crate) fn new(most: u32) -> TeamTasks {
        TeamTasks {
            active: CachePadded::new(Active::new()),
            sleepers: CachePadded::new(Sleepers::new(most)),
            finisher: CachePadded::new(Finisher::new()),
            listed: MemberSet::new(most),
            counted: MemberSet::new(most),
            shared: CachePadded::new(SharedTasks::new()),
            unlinking: of_team(Rank::Ancestors, ()),
            helpers: CachePadded::new(Helpers::new()),
            host_sleepers: CachePadded::new(HostSleepers::new()),
        }
    }

    /// In the child of a fork, where no task is left: the members that slept, or were
    /// about to help, do not exist.
    pub(crate) fn inherit(&self) {
        self.sleepers.forget();
        self.helpers.forget();
        self.shared.inherit();
        mutex::inherit(&self.unlinking);
        self.finisher.withdraw();
    }

    /// Whether a task of the phase was deferred.
    pub(crate) fn is_active(&self, generation: u64) -> bool {
        self.active.is(generation)
    }
}

/// Whether the phase is over; see Note [Counting a phase] in
/// [`crate::protocol::task_counts`]. Only asked by members that know that all have
/// arrived, or as a hint.
pub(crate) fn is_over(team: &'static Team, generation: u64) -> bool {
    // A member of an earlier, greater region may still be in the set.
    task_counts::is_over(generation, || {
        let members = team.tasks.counted.from(0).map(|num| num as usize);
        let members = members.map_while(|num| team.active_members().get(num));
        members.map(|member| &*member.tasks.counts)
    })
}

/// Whether the calling thread's team of one thread, with this member, has no unfinished
/// task, so that no thread will count in it any more.
pub fn is_at_rest(team: &'static Team, member: &Member) -> bool {
    let generation = member.generation.get();
    member.implicit.children.done()
        && (!team.tasks.is_active(generation) || is_over(team, generation))
}

/// Whether at least this many tasks wait to be executed. Reads nothing that a master
/// writes.
pub(crate) fn has_tasks(team: &'static Team, many: usize) -> bool {
    let mut seen = team.tasks.shared.len();
    seen >= many
        || team.tasks.listed.from(0).any(|num| {
            seen += team.all_members[num as usize].tasks.stealer.len();
            seen >= many
        })
}
