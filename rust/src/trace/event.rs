//! Events, and their text. The Haskell library and the examples read the text.
//!
//! An event's text is `omp <thread> <time> <what>`. `<thread>` numbers the threads that
//! have recorded events, from 1. `<time>` is in nanoseconds of the system's monotonic clock.
//! `fork` is a marker; all others are events:
//!
//! | what | when |
//! |------|------|
//! | `thread <tid> worker`, `thread <tid> master` | the thread's first event; `tid` is the system's number of it |
//! | `fork <level> <size>` | a master is about to start a region with others |
//! | `region begin <level> <number> <size>`, `region end` | the thread's share of a region; its end also ends what is open in it |
//! | `loop begin <schedule> <iterations>`, `loop end` | the thread's share of a worksharing loop or `sections` |
//! | `task create <id>` | a task is deferred |
//! | `task begin <id>`, `task end <id>` | a task is executed |
//! | `wait begin <at>`, `wait end <at>` | the thread waits at a `barrier`, `join`, `taskwait` or `taskgroup` |
//! | `park begin`, `park end` | the thread sleeps in the kernel |
//! | `lost <count>` | as many events did not fit into the buffer |
//!
//! Each batch of events begins with `omp 0 <time> clock`. The host takes it at that very
//! time, so it gives the distance between the two clocks.

use crate::icv::ScheduleKind;
use core::fmt::{Display, Formatter, Result};

/// A place where a thread waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitKind {
    /// At a `barrier` directive.
    Barrier,
    /// At the barrier that ends a worksharing construct.
    WorkshareBarrier,
    /// At a barrier of the runtime's own.
    RuntimeBarrier,
    /// The master, for the end of its region.
    Join,
    /// For the current task's children.
    Taskwait,
    /// For the tasks of a group.
    Taskgroup,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // the table above
pub enum EventKind {
    Clock,
    Thread { tid: i64, is_worker: bool },
    Fork { level: u32, size: u32 },
    RegionBegins { level: u32, num: u32, size: u32 },
    RegionEnds,
    LoopBegins { kind: ScheduleKind, trip: u64 },
    LoopEnds,
    TaskCreated { id: usize },
    TaskBegins { id: usize },
    TaskEnds { id: usize },
    WaitBegins { at: WaitKind },
    WaitEnds { at: WaitKind },
    Parks,
    Unparks,
    Lost { count: u64 },
}

impl Display for WaitKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            WaitKind::Barrier | WaitKind::WorkshareBarrier | WaitKind::RuntimeBarrier => "barrier",
            WaitKind::Join => "join",
            WaitKind::Taskwait => "taskwait",
            WaitKind::Taskgroup => "taskgroup",
        })
    }
}

impl Display for EventKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match *self {
            EventKind::Clock => f.write_str("clock"),
            EventKind::Thread { tid, is_worker } => {
                let role = if is_worker { "worker" } else { "master" };
                write!(f, "thread {tid} {role}")
            }
            EventKind::Fork { level, size } => write!(f, "fork {level} {size}"),
            EventKind::RegionBegins { level, num, size } => {
                write!(f, "region begin {level} {num} {size}")
            }
            EventKind::RegionEnds => f.write_str("region end"),
            EventKind::LoopBegins { kind, trip } => {
                write!(f, "loop begin {} {trip}", kind.name())
            }
            EventKind::LoopEnds => f.write_str("loop end"),
            EventKind::TaskCreated { id } => write!(f, "task create {id:x}"),
            EventKind::TaskBegins { id } => write!(f, "task begin {id:x}"),
            EventKind::TaskEnds { id } => write!(f, "task end {id:x}"),
            EventKind::WaitBegins { at } => write!(f, "wait begin {at}"),
            EventKind::WaitEnds { at } => write!(f, "wait end {at}"),
            EventKind::Parks => f.write_str("park begin"),
            EventKind::Unparks => f.write_str("park end"),
            EventKind::Lost { count } => write!(f, "lost {count}"),
        }
    }
}

/// An event of a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// The thread's number among those that have recorded events; 0 for the clock.
    pub thread: u32,
    /// Nanoseconds of the monotonic clock.
    pub time: u64,
    /// What happened.
    pub what: EventKind,
}

impl Event {
    /// Whether it is a point that a user looks for first: a marker of the eventlog.
    pub fn is_marker(&self) -> bool {
        matches!(self.what, EventKind::Fork { .. })
    }
}

impl Display for Event {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "omp {} {} {}", self.thread, self.time, self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let text = |what| {
            Event {
                thread: 2,
                time: 70,
                what,
            }
            .to_string()
        };
        let (level, num, size) = (1, 3, 4);
        let begins = EventKind::RegionBegins { level, num, size };
        assert_eq!(text(begins), "omp 2 70 region begin 1 3 4");
        let (kind, trip) = (ScheduleKind::Guided, 9);
        let begins = EventKind::LoopBegins { kind, trip };
        assert_eq!(text(begins), "omp 2 70 loop begin guided 9");
        let at = WaitKind::Taskgroup;
        assert_eq!(
            text(EventKind::WaitEnds { at }),
            "omp 2 70 wait end taskgroup"
        );
    }
}
