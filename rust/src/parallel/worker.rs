//! A worker's loop: it waits for a region's message, takes part in the region, gathers its
//! children in the tree, and helps the others until the next message. The pool starts the
//! thread ([`crate::parallel::pool`]); Note [A region's life] in [`crate::team`] tells the
//! whole story.

use crate::parallel::ends::{self, guard};
use crate::parallel::membership::{gather, join_team, post};
use crate::points::{self, REGIONS};
use crate::tasking::quiescence;
use crate::team::region::Team;
use crate::team::register;
use crate::team::thread::Thread;
use crate::waiting::{self, migrate, Wait};
use crate::{callback, tools};
use core::ffi::{c_int, c_void};

/// A worker's wait for its next message. Meanwhile the worker is a helper of the region that
/// it has left (Note [Workers that help] in [`crate::protocol::helpers`]).
struct Idle {
    me: &'static Thread,
    next: u64,
    left: Option<(&'static Team, u64)>,
    /// Whether that region was oversubscribed.
    oversubscribed: bool,
}

impl Wait for Idle {
    fn ready(&mut self) -> bool {
        self.me.mailbox.has(self.next)
    }
    fn help(&mut self) -> bool {
        self.left.is_some_and(|(team, generation)| {
            quiescence::help_left_region(self.me, team, generation)
        })
    }
    fn is_oversubscribed(&self) -> bool {
        self.oversubscribed
    }
    fn announce(&mut self) -> bool {
        let registered = match self.left {
            Some((team, generation)) => quiescence::helper_lie_down(self.me, team, generation),
            None => true,
        };
        registered
            && (self.me.mailbox.announce(self.next) || {
                self.awoken();
                false
            })
    }
    fn awoken(&mut self) {
        if let Some((team, _)) = self.left {
            let searches = !self.ready();
            quiescence::get_up(self.me, team, searches);
        }
    }
}

/// The loop of a worker, until the pool dismisses it.
pub(crate) fn worker(me: &'static Thread) {
    guard!(worker_leaves);
    register::set(me);
    if points::enabled(REGIONS) {
        tools::thread_begins(me);
    }
    if !waiting::oversubscribed() {
        migrate::worker_started(me.binding.spawn_processor.get());
    }
    let mut next = 1;
    let (mut left, mut oversubscribed) = (None, false);
    loop {
        let waited = waiting::wait(
            &mut Idle {
                me,
                next,
                left,
                oversubscribed,
            },
            &me.parker,
            true,
        );
        if !waited {
            return; // Note [Returning in the child]
        }
        if points::enabled(REGIONS) {
            tools::left(me);
        }
        // A task that it helped with may have called a closure.
        callback::end_any(me);
        next += 1;
        let Some(message) = me.mailbox.message() else {
            if points::enabled(REGIONS) {
                tools::thread_ends(me);
            }
            waiting::worker_asleep();
            // The OS thread still runs destructors. If these use OpenMP, they do so as
            // another thread, with another record.
            me.retire();
            return;
        };
        post(message, message.member);
        let team = message.team;
        let member = &team.all_members[message.member as usize];
        join_team(me, team, member, message.generation);
        // SAFETY: the caller of `fork` promised that the body may run on any thread.
        unsafe { (message.body)(message.data) };
        if !me.is_worker.get() {
            return; // Note [Returning in the child]
        }
        if points::enabled(REGIONS) {
            tools::region_ends();
        }
        let generation = member.generation.get();
        if !gather(me, team, member, generation) {
            return;
        }
        callback::end(me, member);
        oversubscribed = team.region.oversubscribes.get();
        // The parent in the tree does not leave its member before this child has arrived.
        // So the member has a thread.
        let at = |parent: u32| &*team.all_members[parent as usize].thread().parker;
        let tree = team.region.tree.get();
        tree.arrive(member.num, generation, &member.arrived, at);
        left = Some((team, generation));
    }
}

/// The personality routine of a worker's frame: a worker whose thread ends in a region stays
/// for ever. See Note \[A thread ends inside of a region\] in [`ends`].
pub extern "C" fn worker_leaves(
    _version: c_int,
    actions: c_int,
    _class: u64,
    _exception: *mut c_void,
    _context: *mut c_void,
) -> c_int {
    ends::personality(actions, || {
        // In the child of a fork there is no region, and the thread is no worker.
        while register::known().is_some_and(|me| me.is_worker.get()) {
            // SAFETY: takes no arguments, touches no memory.
            unsafe { libc::pause() };
        }
    })
}
