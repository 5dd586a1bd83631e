//! What a team keeps for each of its members.

use crate::affinity::partition::PlacePartition;
use crate::construct::cursor::Cursor;
use crate::protocol::arrived::Arrived;
use crate::protocol::barrier::{rounds, Rounds};
use crate::sync::owned::Owned;
use crate::team::member_tasks::MemberTasks;
use crate::team::task::Task;
use crate::team::thread::Thread;
use core::sync::atomic::{AtomicPtr, Ordering};
use crossbeam_utils::CachePadded;

/// A member. Fields without a word on it belong to the thread that
/// joins there.
#[repr(C, align(128))]
pub struct Member {
    /// `omp_get_thread_num` of who joins here; constant.
    pub num: u32,
    /// Barriers passed in this team; never goes back. Equal for all members
    /// between two barriers.
    pub generation: Owned<u64>,
    /// `single` constructs met in this region.
    pub singles: Owned<u64>,
    /// The position among the region's worksharing constructs.
    pub cursor: Cursor,
    /// The implicit task of this member.
    pub implicit: Task,
    /// The place partition of the implicit task; see [`crate::affinity`].
    pub partition: Owned<PlacePartition>,
    /// Whether the member is in a body that the host runs by an in-call.
    pub(crate) runs_haskell: Owned<bool>,
    /// Who joins here. Written under the pool's lock, or by the master that
    /// claimed the team.
    thread: AtomicPtr<Thread>,
    /// Explicit tasks: the deque, and counts that others read.
    pub tasks: MemberTasks,
    /// Raised by the member when it and its children in the tree have ended
    /// the region; its parent in the tree waits for it.
    pub arrived: CachePadded<Arrived>,
    /// Its signals of the barrier.
    pub rounds: Rounds,
}

// SAFETY: what other threads touch is atomic; the cells are the member's own
// while it joins here, and handed over with the member by the claim of the team.
unsafe impl Sync for Member {}
// SAFETY: as above.
unsafe impl Send for Member {}

impl Member {
    /// Member `num` of a team of up to `most`.
    pub(crate) fn new(num: u32, most: u32) -> Member {
        Member {
            num,
            generation: Owned::new(0),
            singles: Owned::new(0),
            cursor: Cursor::new(),
            implicit: Task::implicit(),
            partition: Owned::new(PlacePartition::default()),
            runs_haskell: Owned::new(false),
            thread: AtomicPtr::new(core::ptr::null_mut()),
            tasks: MemberTasks::new(),
            arrived: CachePadded::new(Arrived::new()),
            rounds: rounds(most),
        }
    }

    /// Who joins here. Only asked of members that are taken.
    #[inline]
    pub fn thread(&self) -> &'static Thread {
        // SAFETY: a taken member holds a thread, and threads are never freed.
        unsafe { &*self.thread.load(Ordering::Relaxed) }
    }

    /// Who joins here or did last, if anybody ever did.
    pub(crate) fn occupant(&self) -> Option<&'static Thread> {
        // SAFETY: threads are never freed.
        unsafe { self.thread.load(Ordering::Relaxed).as_ref() }
    }

    /// The calling thread is about to take the member, which the claim of the team
    /// or the region's message hands over.
    #[inline(always)]
    pub(crate) fn change_owner(&self) {
        self.generation.hand_over();
        self.singles.hand_over();
        self.partition.hand_over();
        self.runs_haskell.hand_over();
    }

    /// Gives the member to `thread`.
    pub(crate) fn give(&self, thread: &'static Thread) {
        if !core::ptr::eq(self.thread.load(Ordering::Relaxed), thread) {
            self.thread
                .store(core::ptr::from_ref(thread).cast_mut(), Ordering::Relaxed);
        }
    }
}
