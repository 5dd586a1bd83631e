//! Internal control variables (OpenMP 5.2, 2) and where they come from.
//!
//! - [`parse`], [`allocator`]: the texts of `OMP_*`, purely.
//! - [`environment`]: what the process's environment says.
//! - [`cpus`]: the processors this process may use.
//! - [`display`]: the display of the environment.
//! - `tell`: messages.
//!
//! [`Icv`] is the part that each data environment has a copy of; [`Globals`]
//! is what is read once from the environment.

pub mod allocator;
pub mod cpus;
pub mod display;
pub mod environment;
pub mod parse;

pub use environment::{globals, Globals};

use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use std::sync::atomic::{AtomicU64, Ordering};

/// The most nested active levels; `omp_get_supported_active_levels()`.
pub const SUPPORTED_ACTIVE_LEVELS: u32 = 255;

/// `omp_sched_t`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ScheduleKind {
    /// Iterations are dealt out before the loop starts.
    Static = 1,
    /// Whoever is free takes the next chunk.
    Dynamic = 2,
    /// The same with shrinking chunks.
    Guided = 3,
    /// The runtime chooses (static).
    Auto = 4,
}

impl ScheduleKind {
    /// From the value of `omp_sched_t`, without its modifier bit.
    pub fn from_omp(value: u32) -> Option<ScheduleKind> {
        [
            ScheduleKind::Static,
            ScheduleKind::Dynamic,
            ScheduleKind::Guided,
            ScheduleKind::Auto,
        ]
        .into_iter()
        .find(|&kind| kind as u32 == value)
    }
}

/// `run-sched-var`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// The kind.
    pub kind: ScheduleKind,
    /// Whether a thread's chunks must come in increasing order.
    pub monotonic: bool,
    /// Iterations per chunk; 0 for the default (blocks for static, else 1).
    pub chunk: i32,
}

/// The ICVs of one data environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Icv {
    /// `nthreads-var`; 0 when nobody said.
    pub nthreads: u32,
    /// `thread-limit-var`; `u32::MAX` when there is none.
    pub thread_limit: u32,
    /// `max-active-levels-var`.
    pub max_active_levels: u32,
    /// `dyn-var`; `None` when nobody said (then the host decides).
    pub dynamic: Option<bool>,
    /// `bind-var` of the regions that the task starts.
    pub bind: Bind,
    /// `run-sched-var`.
    pub schedule: Schedule,
    /// `default-device-var`.
    pub default_device: i32,
    /// `def-allocator-var`, an `omp_allocator_handle_t`; that of the implicit
    /// task counts.
    pub allocator: usize,
}

/// `bind-var`, and the `proc_bind` clause: the values of `omp_proc_bind_t`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Bind {
    /// Threads are not bound to places.
    False = 0,
    /// Threads are bound, the runtime chooses how (as `Close`).
    True = 1,
    /// All to the place of the team's primary thread.
    Primary = 2,
    /// To places close to the primary thread's.
    Close = 3,
    /// Spread over the places.
    Spread = 4,
}

/// `OMP_WAIT_POLICY`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitPolicy {
    /// Waiting threads keep their processor.
    Active,
    /// Waiting threads sleep.
    Passive,
}

impl Bind {
    /// From the value of `omp_proc_bind_t`.
    pub fn from_omp(value: u32) -> Option<Bind> {
        [
            Bind::False,
            Bind::True,
            Bind::Primary,
            Bind::Close,
            Bind::Spread,
        ]
        .into_iter()
        .find(|&bind| bind as u32 == value)
    }
}

/// `target-offload-var`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TargetOffload {
    /// On a device if there is one.
    Default,
    /// It is an error if there is none.
    Mandatory,
    /// On the host always.
    Disabled,
}

/// `OMP_DISPLAY_ENV`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DisplayEnv {
    /// Nothing is displayed.
    False,
    /// The specification's variables.
    True,
    /// And libgomp's own.
    Verbose,
}

/// The ICVs that initial tasks start with, and how often they were changed
/// since the start: the environment's, or what the host's language set for the
/// whole process.
static DEFAULTS: Mutex<Option<Icv>> = covered(Rank::Defaults, None);
/// The child keeps them.
pub(crate) static AT_FORK: AtFork = AtFork {
    locks: &[&DEFAULTS],
    in_child: || {},
};

/// 64 bits: a thread that looks rarely must not find the number that it knows
/// again, and 2^32 changes take minutes.
static CHANGES: AtomicU64 = AtomicU64::new(0);

/// The ICVs of new initial tasks.
pub fn defaults() -> Icv {
    let initial = globals().initial;
    match changes() {
        0 => initial,
        _ => changed_defaults(initial),
    }
}

#[cold]
#[inline(never)]
fn changed_defaults(initial: Icv) -> Icv {
    DEFAULTS.lock().unwrap_or(initial)
}

/// How often [`change_defaults`] was called; initial tasks that have seen
/// fewer changes take the defaults again when they start a region.
#[inline]
pub fn changes() -> u64 {
    CHANGES.load(Ordering::Relaxed)
}

/// Changes the ICVs of all initial tasks, present and to come.
pub fn change_defaults(change: impl FnOnce(&mut Icv)) {
    let initial = globals().initial;
    let mut defaults = DEFAULTS.lock();
    let mut icv = defaults.unwrap_or(initial);
    change(&mut icv);
    *defaults = Some(icv);
    CHANGES.fetch_add(1, Ordering::Relaxed);
}
