//! The events that the host has not taken yet.
//!
//! Each thread has a buffer of its own, whose lock the host alone contends for,
//! a few times a second. The list of buffers has a lock of its own, which is
//! taken before a buffer's. The child of `fork` has no use for the parent's
//! buffers.

use crate::host::{self, Traces};
use crate::points::{self, TRACE};
use crate::sync::mutex::{covered, of_team, AtFork, Mutex, Rank};
use crate::sync::owned::{Owned, OwnedPart};
use crate::trace::event::{Event, What};
use crate::{clock, messages};
use core::sync::atomic::{AtomicBool, Ordering};
use std::collections::VecDeque;
use std::mem::{forget, take};
use std::sync::Arc;

/// Events that a thread keeps at most; a host that takes none for a second does
/// not make the process grow for ever.
const MOST: usize = 1 << 20;

/// A thread's events.
#[derive(Debug)]
pub struct Buffer {
    number: u32,
    events: Mutex<Events>,
}

#[derive(Debug, Default)]
struct Events {
    list: Vec<(u64, What)>,
    lost: u64,
}

/// All of them.
struct Recorder {
    buffers: Vec<Arc<Buffer>>,
    /// Threads so far.
    threads: u32,
    /// What was taken from the buffers, in the order of time.
    taken: VecDeque<Event>,
}

static RECORDER: Mutex<Recorder> = covered(
    Rank::Recorder,
    Recorder {
        buffers: Vec::new(),
        threads: 0,
        taken: VecDeque::new(),
    },
);

/// Whether the host takes the events.
static TAKEN_CARE_OF: AtomicBool = AtomicBool::new(false);

/// What a thread has of the recorder: its buffer, once it has told of an event.
pub struct Recording(Owned<Option<Arc<Buffer>>>);

impl Recording {
    /// No event yet.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Recording {
        Recording(Owned::new(None))
    }

    /// The thread tells of no more events.
    pub fn end(&self) {
        self.0.set(None);
    }

    /// In the child of a fork: the buffer is the parent's. It is not dropped, since
    /// the recorder has forgotten it.
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

/// Something happened to the calling thread, whose recording this is.
pub fn record(recording: &Recording, is_worker: bool, what: What) {
    let time = clock::now();
    if !TAKEN_CARE_OF.load(Ordering::Relaxed) && !start() {
        return;
    }
    let buffer = recording.0.take().unwrap_or_else(|| add(is_worker, time));
    let mut events = buffer.events.lock();
    if events.list.len() < MOST {
        events.list.push((time, what));
    } else {
        events.lost += 1;
    }
    drop(events);
    recording.0.set(Some(buffer));
}

/// A buffer for the calling thread.
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
                list: vec![(time, What::Thread { tid, is_worker })],
                lost: 0,
            },
        ),
    });
    recorder.buffers.push(buffer.clone());
    buffer
}

/// The environment asked, and this is the first event: is there a host that
/// takes it?
fn start() -> bool {
    match host::trace() {
        Traces::Yes => TAKEN_CARE_OF.store(true, Ordering::Relaxed),
        Traces::NotYet => return false,
        Traces::No(why) => {
            messages::warn_once("GHCOMP_TRACE", || format!("GHCOMP_TRACE: {why}"));
            points::change(TRACE, 0);
            return false;
        }
    }
    true
}

/// The host traces from now on just what is in `kinds` (of [`TRACE`]), and takes
/// the events by [`next`].
pub fn trace(kinds: u32) {
    TAKEN_CARE_OF.store(true, Ordering::Relaxed);
    points::change(TRACE, kinds);
}

/// The next event, a clock before each batch; none when all were taken.
pub fn next() -> Option<Event> {
    let mut recorder = RECORDER.lock();
    if recorder.taken.is_empty() {
        collect(&mut recorder);
    }
    recorder.taken.pop_front().map(|event| match event.what {
        What::Clock => Event {
            time: clock::now(),
            ..event
        },
        _ => event,
    })
}

fn collect(recorder: &mut Recorder) {
    let mut all = Vec::new();
    recorder.buffers.retain(|buffer| {
        let thread = buffer.number;
        // Before the look: a thread that has ended tells of nothing any more.
        let ended = Arc::strong_count(buffer) == 1;
        let Events { list, lost } = take(&mut *buffer.events.lock());
        let last = list.last().map(|&(time, _)| time);
        let event = |(time, what)| Event { thread, time, what };
        all.extend(list.into_iter().map(event));
        if let Some(time) = last.filter(|_| lost > 0) {
            all.push(event((time, What::Lost { count: lost })));
        }
        !ended
    });
    if all.is_empty() {
        return;
    }
    // Stable, so a thread's events stay in order.
    all.sort_by_key(|event| event.time);
    recorder.taken.push_back(Event {
        thread: 0,
        time: 0,
        what: What::Clock,
    });
    recorder.taken.extend(all);
}

/// In the child: the parent's events are the parent's to tell, and the host has
/// to get ready anew.
pub(crate) static AT_FORK: AtFork = AtFork::new(&[&RECORDER], || {
    let mut recorder = RECORDER.lock();
    // Not dropped: their threads may have been about to write to them.
    take(&mut recorder.buffers).into_iter().for_each(forget);
    recorder.taken.clear();
    TAKEN_CARE_OF.store(false, Ordering::Relaxed);
});

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::thread;

    /// What the threads of this test tell of is known by its level.
    const LEVEL: u32 = 77;

    #[test]
    fn each_thread_s_events_in_order_and_none_twice() {
        trace(0);
        let tell = |number: u32| {
            move || {
                let recording = Recording::new();
                for size in 0..100 {
                    let level = LEVEL + number;
                    record(&recording, false, What::Fork { level, size });
                }
            }
        };
        let threads: Vec<_> = (0..4).map(|number| thread::spawn(tell(number))).collect();
        let mut all = Vec::new();
        // Some while they tell, the rest when they have ended.
        all.extend(std::iter::from_fn(next));
        for thread in threads {
            thread.join().unwrap();
        }
        all.extend(std::iter::from_fn(next));
        for number in 0..4 {
            let its: Vec<_> = all
                .iter()
                .filter_map(|event| match event.what {
                    What::Fork { level, size } if level == LEVEL + number => {
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
            assert!(matches!(first.unwrap().what, What::Thread { .. }));
        }
        assert_eq!(all.first().map(|event| event.what), Some(What::Clock));
        // A thread that has ended is forgotten, one that has not is not.
        let recording = Recording::new();
        record(&recording, false, What::LoopEnds);
        assert!(std::iter::from_fn(next).any(|event| event.what == What::LoopEnds));
        assert!(next().is_none());
    }
}
