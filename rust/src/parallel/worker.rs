//! A worker's life between the regions that it takes part in.

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

/// Waiting for the next message; meanwhile a helper of the region that the
/// worker has left (Note [Workers that help] in [`crate::tasking`]).
struct Idle {
    me: &'static Thread,
    next: u64,
    left: Option<(&'static Team, u64)>,
    /// Whether that region's threads outnumbered the processors.
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

/// A worker's life, until it is dismissed.
pub(crate) fn worker(me: &'static Thread) {
    guard!(worker_leaves);
    register::set(me);
    if !waiting::oversubscribed() {
        migrate::started(me.binding.spawn_processor.get());
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
            return; // as below
        }
        // A task that it helped with may have called a closure.
        callback::end_any(me);
        next += 1;
        let Some(message) = me.mailbox.message() else {
            waiting::worker_asleep();
            // What its thread still does, in destructors, is another thread's work.
            me.retire();
            return;
        };
        post(message, message.member);
        let team = message.team;
        let member = &team.all_members[message.member as usize];
        join_team(me, team, member, message.generation);
        // SAFETY: who forked promised that the body runs on any thread.
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
        // The parent in the tree has a thread in its member for as long as this
        // child has not arrived.
        let at = |parent: u32| &*team.all_members[parent as usize].thread().parker;
        let tree = team.region.tree.get();
        tree.arrive(member.num, generation, &member.arrived, at);
        left = Some((team, generation));
    }
}

/// The personality routine of a worker's frame: a worker whose thread ends in a
/// region stays for ever.
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
