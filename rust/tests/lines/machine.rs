//! A machine of many cores with coherent caches, in virtual time.
//!
//! Each simulated thread is an OS thread and has a core of its own. One thread runs at a time.
//! Before a line comes to its core, or is taken from others, threads that are behind it in
//! virtual time go first. No thread is ahead by more than the time of a transfer, because
//! nothing can reach another thread sooner. So each run is the same, whatever the real machine
//! is.
//!
//! | event | costs |
//! |-------|-------|
//! | access to a line that the core has | [`Costs::hit`] |
//! | reading a line that another core has changed | [`Costs::transfer`]; the line does nothing else meanwhile |
//! | reading a line that others only read | the same, but the line is busy only for [`Costs::shared`] |
//! | taking a line to write it | [`Costs::transfer`]; the line does nothing else meanwhile. The thread does not wait for a store: stores leave by the store buffer, one after the other, as on x86 |
//! | a read-modify-write, a fence | [`Costs::atomic`], after the store buffer is empty and the line there |
//! | waiting | nothing: if a thread pauses twice without a transfer between, it sleeps until a line that it has read is taken away |
//!
//! The three rows in the middle count as one transfer each. The machine is simpler than real
//! ones: caches are endless, the first access to a line costs nothing, reads do not overlap,
//! invalidating many copies takes no longer than invalidating one, and transfers of different
//! lines do not hinder each other.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard};

/// Bytes of a cache line.
const LINE_BYTES: usize = 64;
/// Cap on the number of cores.
const MAX_CORES: usize = 320;
/// Pauses for which a poll's lines are watched. A thread that looks for tasks reads other deques
/// at each poll.
const PAUSES_WATCHED: u64 = 4;
/// Lines that a waiting thread may read between two pauses. A thread that reads more is not
/// waiting.
const MAX_LINES_PER_POLL: usize = 4096;
/// Nanoseconds from being woken by the OS to running.
const WAKE_NS: u64 = 5_000;
/// Nanoseconds that all threads have for coming to rest.
const REST_NS: u64 = 1_000_000;
/// Nanoseconds after which waiting threads look again if no thread can run.
const RECHECK_NS: u64 = 1_000;
/// Cap on such looks in a row: then the run has a deadlock.
const MAX_RECHECKS: u32 = 100;

/// Virtual nanoseconds; see the module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Costs {
    pub hit: u64,
    pub transfer: u64,
    pub shared: u64,
    pub atomic: u64,
    /// Cores per socket.
    pub socket: usize,
    /// A transfer between sockets.
    pub far: u64,
}

impl Costs {
    /// A transfer to `core` of a line that `holders` have.
    fn between(&self, core: usize, holders: &Set, access: Access) -> u64 {
        let near = |other: usize| other / self.socket == core / self.socket;
        let mut others = holders.iter().filter(|&other| other != core);
        let is_near = match access {
            Access::Read => others.any(near),
            _ => others.all(near),
        };
        if is_near {
            self.transfer
        } else {
            self.far
        }
    }
}

/// A kind of access.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A load.
    Read,
    /// A store.
    Write,
    /// A read-modify-write, and a sequentially consistent store, which is one.
    Change,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Set([u64; MAX_CORES / 64]);

impl Set {
    fn only(core: usize) -> Set {
        let mut set = Set::default();
        set.add(core);
        set
    }
    fn add(&mut self, core: usize) {
        self.0[core / 64] |= 1 << (core % 64);
    }
    fn has(&self, core: usize) -> bool {
        self.0[core / 64] >> (core % 64) & 1 != 0
    }
    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..MAX_CORES).filter(|&core| self.has(core))
    }
}

struct Line {
    /// The cores that have a copy.
    holders: Set,
    /// Whether its one holder has changed it.
    is_changed: bool,
    /// The time when it can be transferred again.
    free_at: u64,
    /// Threads that sleep until it is taken away: the core, and which of its sleeps.
    watchers: Vec<(usize, u64)>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
enum State {
    #[default]
    Ready,
    /// Waits for a line to be taken away.
    Spinning,
    /// Waits to be woken at this word, by this name: one of the name's bits is enough.
    Asleep { word: usize, name: u32 },
    /// Waits for the others at [`meet`].
    Meeting,
}

#[derive(Default)]
struct Core {
    clock: u64,
    /// The time when its store buffer is empty.
    drained: u64,
    state: State,
    transfers: u64,
    /// Lines that the thread has read, each with the number of pauses before; `None` if it does
    /// not wait.
    looks: Option<Vec<(u64, usize)>>,
    pauses: u64,
    /// The number of transfers at the last pause.
    before: u64,
    sleeps: u64,
}

impl Core {
    fn look(&mut self, line: usize) {
        let Some(looks) = &mut self.looks else { return };
        looks.push((self.pauses, line));
        if looks.len() > MAX_LINES_PER_POLL * PAUSES_WATCHED as usize {
            self.looks = None;
        }
    }

    fn drain(&mut self) {
        self.clock = self.clock.max(self.drained);
    }
}

/// The costs of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lap {
    /// The time until the last thread was done.
    pub ns: u64,
    /// Lines transferred.
    pub lines: u64,
    /// The most transfers by one thread.
    pub most: u64,
    /// The transfers by the first core.
    pub first: u64,
}

/// A hasher: a multiplication spreads the numbers of lines well enough.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_usize(byte.into()));
    }
    fn write_usize(&mut self, line: usize) {
        let product = (self.0 ^ line as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ product >> 32;
    }
}

struct World {
    costs: Costs,
    lines: HashMap<usize, Line, BuildHasherDefault<Spread>>,
    cores: Vec<Core>,
    /// The cores that can run, by their clocks.
    ready: BinaryHeap<Reverse<(u64, usize)>>,
    /// The core whose turn it is.
    turn: usize,
    /// The number of transfers when no thread could run last, and how often that was in a row.
    stuck: (u64, u32),
    /// The time when the lap began, and the transfers of each core at that time.
    begun: (u64, Vec<u64>),
    laps: Vec<Lap>,
}

static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| {
    Mutex::new(World {
        costs: Costs::default(),
        lines: HashMap::default(),
        cores: Vec::new(),
        ready: BinaryHeap::new(),
        turn: 0,
        stuck: (0, 0),
        begun: (0, Vec::new()),
        laps: Vec::new(),
    })
});
static TURNS: [Condvar; MAX_CORES] = [const { Condvar::new() }; MAX_CORES];

thread_local! {
    static CORE: Cell<Option<usize>> = const { Cell::new(None) };
}

impl World {
    fn add_core(&mut self, clock: u64) -> usize {
        let core = Core {
            clock,
            ..Core::default()
        };
        self.cores.push(core);
        assert!(self.cores.len() <= MAX_CORES, "more threads than cores");
        self.cores.len() - 1
    }

    fn make_ready(&mut self, core: usize, clock: u64) {
        let it = &mut self.cores[core];
        it.state = State::Ready;
        it.clock = it.clock.max(clock);
        self.ready.push(Reverse((it.clock, core)));
    }

    /// Whether `core` can make this access without a transfer.
    fn has(&self, core: usize, line: usize, access: Access) -> bool {
        self.lines.get(&line).is_none_or(|line| match access {
            Access::Read => line.holders.has(core),
            _ => line.holders == Set::only(core),
        })
    }

    /// Whether other threads must go first.
    fn is_ahead(&self, core: usize, slack: u64) -> bool {
        let mine = (self.cores[core].clock, core);
        let first = self.ready.peek();
        first.is_some_and(|first| (first.0 .0 + slack, first.0 .1) < mine)
    }

    fn access(&mut self, core: usize, at: usize, access: Access) {
        let costs = self.costs;
        let has = self.has(core, at, access);
        let me = &mut self.cores[core];
        let line = self.lines.entry(at).or_insert_with(|| Line {
            holders: Set::only(core),
            is_changed: false,
            free_at: 0,
            watchers: Vec::new(),
        });
        match access {
            Access::Read => me.look(at),
            Access::Write => {}
            Access::Change => me.drain(),
        }
        let mut end = me.clock;
        if !has {
            let begin = me.clock.max(line.free_at);
            end = begin + costs.between(core, &line.holders, access);
            let shared = access == Access::Read && !line.is_changed;
            line.free_at = if shared { begin + costs.shared } else { end };
            me.transfers += 1;
        }
        match access {
            Access::Read => {
                line.holders.add(core);
                line.is_changed &= has;
                me.clock = end + costs.hit;
                return;
            }
            Access::Write => {
                // Other cores see it after all earlier stores.
                end = end.max(me.drained);
                me.clock += costs.hit;
                me.drained = end;
                line.free_at = line.free_at.max(end);
            }
            Access::Change => me.clock = end + costs.atomic,
        }
        line.holders = Set::only(core);
        line.is_changed = true;
        for (watcher, sleep) in core::mem::take(&mut line.watchers) {
            let it = &self.cores[watcher];
            if it.state == State::Spinning && it.sleeps == sleep {
                self.make_ready(watcher, end);
            }
        }
    }

    /// The thread pauses. True if it sleeps now, at the lines that it watches.
    fn spins(&mut self, core: usize) -> bool {
        let me = &mut self.cores[core];
        let is_idle = me.before == me.transfers;
        me.before = me.transfers;
        me.pauses += 1;
        let pauses = me.pauses;
        let looks = me.looks.get_or_insert_default();
        looks.retain(|look| look.0 + PAUSES_WATCHED >= pauses);
        let mut lines: Vec<_> = looks.iter().map(|look| look.1).collect();
        if !is_idle || lines.is_empty() {
            return false;
        }
        lines.sort_unstable();
        lines.dedup();
        if !lines.iter().all(|&line| self.has(core, line, Access::Read)) {
            return false;
        }
        let cores = &mut self.cores;
        cores[core].sleeps += 1;
        cores[core].state = State::Spinning;
        for at in lines {
            let watchers = self.lines.get_mut(&at).map(|line| &mut line.watchers);
            let watchers = watchers.expect("it was looked at");
            watchers.push((core, cores[core].sleeps));
            if watchers.len() > 2 * MAX_CORES {
                watchers.retain(|&(core, sleep)| {
                    cores[core].state == State::Spinning && cores[core].sleeps == sleep
                });
            }
        }
        true
    }

    /// Gives the turn to the thread that is first in virtual time.
    fn next(&mut self) -> usize {
        if self.ready.is_empty() {
            let transfers = self.cores.iter().map(|core| core.transfers).sum();
            let again = u32::from(self.stuck.0 == transfers) * (self.stuck.1 + 1);
            self.stuck = (transfers, again);
            let now = self.cores.iter().map(|core| core.clock).max();
            for core in 0..self.cores.len() {
                if self.cores[core].state == State::Spinning {
                    self.make_ready(core, now.unwrap_or(0) + RECHECK_NS);
                }
            }
            let states: Vec<_> = self.cores.iter().map(|core| core.state).collect();
            assert!(again < MAX_RECHECKS, "nobody gets on: {states:?}");
        }
        let Reverse((_, next)) = self.ready.pop().expect("somebody can run");
        self.turn = next;
        next
    }

    /// A lap ends at `end`; the next one begins at `begin`.
    fn lap(&mut self, end: u64, begin: u64) {
        let now: Vec<_> = self.cores.iter().map(|core| core.transfers).collect();
        let before = self.begun.1.iter().copied().chain(core::iter::repeat(0));
        let each: Vec<_> = now.iter().zip(before).map(|(now, was)| now - was).collect();
        self.laps.push(Lap {
            ns: end - self.begun.0,
            lines: each.iter().sum(),
            most: each.iter().copied().max().unwrap_or(0),
            first: each[0],
        });
        self.begun = (begin, now);
    }
}

/// The machine, for the thread whose turn it is.
struct Turn {
    core: usize,
    world: MutexGuard<'static, World>,
}

impl Turn {
    /// The turn of the calling thread; `None` if the thread is not simulated.
    fn now() -> Option<Turn> {
        let core = CORE.get()?;
        let world = WORLD.lock().expect("nobody has panicked");
        Some(Turn { core, world })
    }

    fn me(&mut self) -> &mut Core {
        &mut self.world.cores[self.core]
    }

    /// Gives the turn to the thread that is first, and waits until it comes back.
    fn hand_over(mut self) -> Turn {
        let next = self.world.next();
        if next != self.core {
            TURNS[next].notify_one();
            self = self.wait();
        }
        self
    }

    fn wait(self) -> Turn {
        let Turn { core, world } = self;
        let world = TURNS[core]
            .wait_while(world, |world| world.turn != core)
            .expect("nobody has panicked");
        Turn { core, world }
    }

    /// Lets threads go first that are behind in virtual time.
    fn let_others(mut self, slack: u64) -> Turn {
        if self.world.is_ahead(self.core, slack) {
            self.world.make_ready(self.core, 0);
            self = self.hand_over();
        }
        self
    }

    fn sleep(mut self, state: State) -> Turn {
        self.me().state = state;
        self.hand_over()
    }
}

/// The calling thread becomes the thread of the machine's first core.
pub fn start(costs: Costs) {
    let mut world = WORLD.lock().expect("nobody has panicked");
    world.costs = costs;
    CORE.set(Some(world.add_core(0)));
}

/// The calling thread's core; `None` if the thread is not simulated.
pub fn core() -> Option<usize> {
    CORE.get()
}

/// Whether this word belongs to the machine itself.
pub fn owns(word: usize) -> bool {
    let within = |start: usize, bytes| (start..start + bytes).contains(&word);
    within((&raw const TURNS).addr(), size_of_val(&TURNS))
        || within((&raw const WORLD).addr(), size_of_val(&WORLD))
}

/// A core for a thread that the calling thread starts; `None` if the caller is not simulated.
pub fn new_core() -> Option<usize> {
    let mut turn = Turn::now()?;
    let clock = turn.me().clock;
    let core = turn.world.add_core(clock);
    turn.world.make_ready(core, clock);
    Some(core)
}

/// The calling thread becomes the thread of `core`, which [`new_core`] has made.
pub fn live(core: usize) {
    CORE.set(Some(core));
    let world = WORLD.lock().expect("nobody has panicked");
    Turn { core, world }.wait();
}

/// The calling thread accesses memory.
pub fn access(address: usize, bytes: usize, access: Access) {
    let Some(mut turn) = Turn::now() else { return };
    for line in address / LINE_BYTES..=(address + bytes.max(1) - 1) / LINE_BYTES {
        let alone = turn.world.has(turn.core, line, access);
        let slack = u64::from(alone) * turn.world.costs.transfer;
        turn = turn.let_others(slack);
        let core = turn.core;
        turn.world.access(core, line, access);
    }
}

/// A full fence.
pub fn fence() {
    if let Some(mut turn) = Turn::now() {
        let cost = turn.world.costs.atomic;
        turn.me().drain();
        turn.me().clock += cost;
    }
}

/// The calling thread computes for `ns` nanoseconds.
pub fn work(ns: u64) {
    if let Some(mut turn) = Turn::now() {
        turn.me().clock += ns;
        turn.let_others(0);
    }
}

/// A step of busy waiting.
pub fn pause() {
    let Some(mut turn) = Turn::now() else { return };
    turn.me().clock += turn.world.costs.hit;
    let core = turn.core;
    if turn.world.spins(core) {
        turn.sleep(State::Spinning);
    } else {
        turn.let_others(0);
    }
}

/// The calling thread, whose bits these are, sleeps at a word, if that is as expected.
pub fn sleep(word: usize, name: u32, is_expected: impl Fn() -> bool) {
    let Some(turn) = Turn::now() else { return };
    let turn = turn.let_others(0);
    if is_expected() {
        turn.sleep(State::Asleep { word, name });
    }
}

/// Wakes up to `most` threads that sleep at a word and have one of these bits.
pub fn wake(word: usize, names: u32, most: u32) {
    let Some(mut turn) = Turn::now() else { return };
    let is_called = |core: &Core| match core.state {
        State::Asleep { word: at, name } => at == word && name & names != 0,
        _ => false,
    };
    let at = turn.me().clock + WAKE_NS;
    for _ in 0..most {
        let Some(sleeper) = turn.world.cores.iter().position(is_called) else {
            break;
        };
        turn.world.make_ready(sleeper, at);
    }
}

/// The calling thread's virtual time.
pub fn now() -> u64 {
    Turn::now().map_or(0, |mut turn| turn.me().clock)
}

/// `size` threads wait for each other, outside of the machine. Everything that they did since
/// the last time is a lap. They leave at the same time.
pub fn meet(size: usize) {
    let Some(mut turn) = Turn::now() else { return };
    let meeting = |core: &&Core| core.state == State::Meeting;
    if turn.world.cores.iter().filter(meeting).count() + 1 < size {
        turn.sleep(State::Meeting);
        return;
    }
    let mine = turn.me().clock;
    let others = turn.world.cores.iter().filter(meeting);
    let end = others.map(|core| core.clock).fold(mine, u64::max);
    turn.world.lap(end, end);
    turn.me().clock = end;
    for core in 0..turn.world.cores.len() {
        if turn.world.cores[core].state == State::Meeting {
            turn.world.make_ready(core, end);
        }
    }
}

/// Everything that the threads do between two calls of this, by the first thread, is a lap. All
/// threads come to rest before the lap begins and after it has ended.
pub fn split() {
    let end = now();
    work(REST_NS);
    if let Some(mut turn) = Turn::now() {
        let begin = turn.me().clock;
        turn.world.lap(end, begin);
    }
}

/// The laps since the last call.
pub fn laps() -> Vec<Lap> {
    Turn::now().map_or_else(Vec::new, |mut turn| core::mem::take(&mut turn.world.laps))
}
