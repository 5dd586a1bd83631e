//! What a team keeps for each of its members. A member outlives the stay of a thread:
//! the team is made with its members, and threads join and leave.

use crate::affinity::partition::PlacePartition;
use crate::construct::cursor::Cursor;
use crate::ompt::record::TaskRecord;
use crate::protocol::arrived::Arrived;
use crate::protocol::barrier::{rounds, Rounds};
use crate::sync::owned::Owned;
use crate::team::member_tasks::MemberTasks;
use crate::team::task::Task;
use crate::team::thread::Thread;
use core::sync::atomic::{AtomicPtr, Ordering};
use crossbeam_utils::CachePadded;

/// A member. Unless a field says otherwise, only the thread that has joined as this
/// member touches it.
#[repr(C, align(128))]
pub struct Member {
    /// The number in the team (`omp_get_thread_num`). Constant.
    pub num: u32,
    /// Barriers passed in this team; never goes back. Between two barriers all members
    /// have the same.
    pub generation: Owned<u64>,
    /// `single` constructs encountered in this region.
    pub singles: Owned<u64>,
    /// Where the member is among the region's worksharing constructs.
    pub cursor: Cursor,
    /// The implicit task of this member.
    pub implicit: Task,
    /// The implicit task's part for the tool.
    pub(crate) tool: TaskRecord,
    /// The place partition of the implicit task; see [`crate::affinity`].
    pub partition: Owned<PlacePartition>,
    /// Whether the member is in a body that the host runs in an in-call.
    pub(crate) runs_host_body: Owned<bool>,
    /// The thread that has joined as this member, or did last; null if none ever did.
    /// The pool writes it with its lock; the master that claimed the team writes that
    /// of member 0. Any thread may read it.
    thread: AtomicPtr<Thread>,
    /// The part for tasking; see there for which thread touches what.
    pub tasks: MemberTasks,
    /// The member raises it when it and its children in the tree have ended the
    /// region. Its parent in the tree waits for it.
    pub arrived: CachePadded<Arrived>,
    /// Its signals of the barrier.
    pub rounds: Rounds,
}

// SAFETY: what other threads touch is atomic. The cells belong to the thread that has
// joined as this member; the claim of the team and the region's message hand them over.
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
            tool: TaskRecord::default(),
            partition: Owned::new(PlacePartition::default()),
            runs_host_body: Owned::new(false),
            thread: AtomicPtr::new(core::ptr::null_mut()),
            tasks: MemberTasks::new(),
            arrived: CachePadded::new(Arrived::new()),
            rounds: rounds(most),
        }
    }

    /// The thread that has joined as this member. Only for members that have one.
    #[inline]
    pub fn thread(&self) -> &'static Thread {
        // SAFETY: the member has a thread, and threads are never freed.
        unsafe { &*self.thread.load(Ordering::Relaxed) }
    }

    /// The thread that has joined as this member, or did last, if one ever did.
    pub(crate) fn occupant(&self) -> Option<&'static Thread> {
        // SAFETY: threads are never freed.
        unsafe { self.thread.load(Ordering::Relaxed).as_ref() }
    }

    /// The calling thread is about to join as this member, which the claim of the team
    /// or the region's message has handed over to it.
    #[inline(always)]
    pub(crate) fn hand_over(&self) {
        self.generation.hand_over();
        self.singles.hand_over();
        self.partition.hand_over();
        self.runs_host_body.hand_over();
        self.tasks.hand_over();
    }

    /// `thread` is to join as this member. If it did so last, the line is not written.
    pub(crate) fn set_thread(&self, thread: &'static Thread) {
        if !core::ptr::eq(self.thread.load(Ordering::Relaxed), thread) {
            self.thread
                .store(core::ptr::from_ref(thread).cast_mut(), Ordering::Relaxed);
        }
    }
}
