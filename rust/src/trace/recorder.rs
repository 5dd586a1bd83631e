//! The events that the host has not taken yet.
//!
//! Each thread has a buffer of its own. Its lock is contended only by the host, a few times
//! a second. The recorder, which lists the buffers, has a lock that is taken before a
//! buffer's. The child of `fork` forgets the parent's buffers.

use crate::host::{self, Traces};
use crate::points::{self, TRACE};
use crate::sync::mutex::{covered, of_team, AtFork, Mutex, Rank};
use crate::sync::owned::{Owned, OwnedPart};
use crate::trace::event::{Event, EventKind};
use crate::{clock, messages};
use core::sync::atomic::{AtomicBool, Ordering};
use std::collections::VecDeque;
use std::mem::{forget, take};
use std::sync::Arc;

/// Cap on the events in one thread's buffer: the process does not grow for ever if the host
/// takes none. Further events are counted as lost.
const MAX_EVENTS_PER_THREAD: usize = 1 << 20;

/// A thread's events.
#[derive(Debug)]
pub struct Buffer {
    number: u32,
    events: Mutex<Events>,
}

#[derive(Debug, Default)]
struct Events {
    list: Vec<(u64, EventKind)>,
    lost: u64,
}

/// All buffers, and the events on their way to the host.
struct Recorder {
    buffers: Vec<Arc<Buffer>>,
    /// Threads that have recorded events so far.
    threads: u32,
    /// Events that were collected from the buffers, in the order of time.
    collected: VecDeque<Event>,
}

static RECORDER: Mutex<Recorder> = covered(
    Rank::Recorder,
    Recorder {
        buffers: Vec::new(),
        threads: 0,
        collected: VecDeque::new(),
    },
);

/// Whether the host takes the events.
static HOST_TAKES_EVENTS: AtomicBool = AtomicBool::new(false);

/// A thread's part of the recorder: its buffer, once it has recorded an event.
pub struct Recording(Owned<Option<Arc<Buffer>>>);

impl Recording {
    /// No event so far.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Recording {
        Recording(Owned::new(None))
    }

    /// The thread records no more events. The buffer goes when the host has emptied it.
    pub fn end(&self) {
        self.0.set(None);
    }

    /// In the child of a fork: forgets the parent's buffer. It is not dropped, since the
    /// recorder has forgotten its own reference too.
    pub fn forget(&self) {
        forget(self.0.take());
    }
}

impl OwnedPart for Recording {
    fn renew(&self) {
        self.end();
    }

    fn hand_over(&self) {
        self.0.hand_over();
    }
}

/// Records `what` for the calling thread, whose recording this is.
pub fn record(recording: &Recording, is_worker: bool, what: EventKind) {
    let time = clock::now();
    if !HOST_TAKES_EVENTS.load(Ordering::Relaxed) && !start() {
        return;
    }
    let buffer = recording.0.take().unwrap_or_else(|| add(is_worker, time));
    let mut events = buffer.events.lock();
    if events.list.len() < MAX_EVENTS_PER_THREAD {
        events.list.push((time, what));
    } else {
        events.lost += 1;
    }
    drop(events);
    recording.0.set(Some(buffer));
}

/// A new buffer for the calling thread, which begins with the event `thread`.
fn add(is_worker: bool, time: u64) -> Arc<Buffer> {
    // SAFETY: takes no arguments, touches no memory.
    let tid = unsafe { libc::syscall(libc::SYS_gettid) };
    let mut recorder = RECORDER.lock();
    recorder.threads += 1;
    let buffer = Arc::new(Buffer {
        number: recorder.threads,
        events: of_team(
            Rank::Events,
            Events {
                list: vec![(time, EventKind::Thread { tid, is_worker })],
                lost: 0,
            },
        ),
    });
    recorder.buffers.push(buffer.clone());
    buffer
}

/// The environment asked for a trace, and the host does not take events yet. Asks the host
/// whether it takes them from now on.
fn start() -> bool {
    match host::trace() {
        Traces::Yes => HOST_TAKES_EVENTS.store(true, Ordering::Relaxed),
        Traces::NotYet => return false,
        Traces::No(why) => {
            messages::warn_once("GHCOMP_TRACE", || format!("GHCOMP_TRACE: {why}"));
            points::change(TRACE, 0);
            return false;
        }
    }
    true
}

/// From now on exactly `kinds` (of [`TRACE`]) are traced, and the host takes the events by
/// [`next`].
pub fn trace(kinds: u32) {
    HOST_TAKES_EVENTS.store(true, Ordering::Relaxed);
    points::change(TRACE, kinds);
}

/// The next event, with a clock before each batch; `None` when the host has taken all.
pub fn next() -> Option<Event> {
    let mut recorder = RECORDER.lock();
    if recorder.collected.is_empty() {
        collect(&mut recorder);
    }
    recorder
        .collected
        .pop_front()
        .map(|event| match event.what {
            EventKind::Clock => Event {
                time: clock::now(),
                ..event
            },
            _ => event,
        })
}

/// Empties the buffers into `collected`, and forgets those of threads that have ended.
fn collect(recorder: &mut Recorder) {
    let mut all = Vec::new();
    recorder.buffers.retain(|buffer| {
        let thread = buffer.number;
        // Asked before the events are taken: a thread that has ended records no more.
        let ended = Arc::strong_count(buffer) == 1;
        let Events { list, lost } = take(&mut *buffer.events.lock());
        let last = list.last().map(|&(time, _)| time);
        let event = |(time, what)| Event { thread, time, what };
        all.extend(list.into_iter().map(event));
        if let Some(time) = last.filter(|_| lost > 0) {
            all.push(event((time, EventKind::Lost { count: lost })));
        }
        !ended
    });
    if all.is_empty() {
        return;
    }
    // A stable sort keeps the order of a thread's events.
    all.sort_by_key(|event| event.time);
    recorder.collected.push_back(Event {
        thread: 0,
        time: 0,
        what: EventKind::Clock,
    });
    recorder.collected.extend(all);
}

/// In the child of a fork: the parent reports the parent's events, and the host gets ready
/// anew.
pub(crate) static AT_FORK: AtFork = AtFork::new(&[&RECORDER], || {
    let mut recorder = RECORDER.lock();
    // Not dropped: a thread of the parent may have been in the midst of writing to one.
    take(&mut recorder.buffers).into_iter().for_each(forget);
    recorder.collected.clear();
    HOST_TAKES_EVENTS.store(false, Ordering::Relaxed);
});

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::thread;

    /// The events of this test's threads are known by their level.
    const LEVEL: u32 = 77;

    #[test]
    fn each_thread_s_events_in_order_and_none_twice() {
        trace(0);
        let records = |number: u32| {
            move || {
                let recording = Recording::new();
                for size in 0..100 {
                    let level = LEVEL + number;
                    record(&recording, false, EventKind::Fork { level, size });
                }
            }
        };
        let threads: Vec<_> = (0..4)
            .map(|number| thread::spawn(records(number)))
            .collect();
        let mut all = Vec::new();
        // Some while the threads record, and the rest when they have ended.
        all.extend(std::iter::from_fn(next));
        for thread in threads {
            thread.join().unwrap();
        }
        all.extend(std::iter::from_fn(next));
        for number in 0..4 {
            let its: Vec<_> = all
                .iter()
                .filter_map(|event| match event.what {
                    EventKind::Fork { level, size } if level == LEVEL + number => {
                        Some((event.thread, event.time, size))
                    }
                    _ => None,
                })
                .collect();
            assert_eq!(its.len(), 100);
            assert!(its.windows(2).all(|two| {
                two[0].0 == two[1].0 && two[0].1 <= two[1].1 && two[0].2 < two[1].2
            }));
            let thread = its[0].0;
            let first = all.iter().find(|event| event.thread == thread);
            assert!(matches!(first.unwrap().what, EventKind::Thread { .. }));
        }
        assert_eq!(all.first().map(|event| event.what), Some(EventKind::Clock));
        // A thread that has ended is forgotten, one that has not is not.
        let recording = Recording::new();
        record(&recording, false, EventKind::LoopEnds);
        assert!(std::iter::from_fn(next).any(|event| event.what == EventKind::LoopEnds));
        assert!(next().is_none());
    }
}
