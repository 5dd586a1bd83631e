//! The types of the internal control variables, and their texts in displays.

use crate::affinity::bind::ProcBind;
use crate::c_enum::c_enum;
use crate::memory::handle::Handle;
use crate::messages;
use std::fmt::{Display, Formatter, Result};

/// The most active levels that are supported: `omp_get_supported_active_levels()`.
pub const SUPPORTED_ACTIVE_LEVELS: u32 = 255;

c_enum! {
    /// `omp_sched_t`, without its modifier bit.
    pub enum ScheduleKind {
        /// The iterations are dealt out before the loop starts.
        Static = 1,
        /// A thread that is free takes the next chunk.
        Dynamic = 2,
        /// As `Dynamic`, with shrinking chunks.
        Guided = 3,
        /// The runtime chooses (static).
        Auto = 4,
    }
}

impl ScheduleKind {
    /// The kind's name in `OMP_SCHEDULE` and in traces.
    pub fn name(self) -> &'static str {
        match self {
            ScheduleKind::Static => "static",
            ScheduleKind::Dynamic => "dynamic",
            ScheduleKind::Guided => "guided",
            ScheduleKind::Auto => "auto",
        }
    }

    /// The chunk size of `run-sched-var` where none is given; 0 stands for blocks
    /// (static), or for none (auto).
    pub fn default_chunk(self) -> i32 {
        match self {
            ScheduleKind::Static | ScheduleKind::Auto => 0,
            ScheduleKind::Dynamic | ScheduleKind::Guided => 1,
        }
    }

    /// Whether `OMP_SCHEDULE` with this kind, and without a modifier, is monotonic.
    pub fn is_monotonic(self) -> bool {
        match self {
            ScheduleKind::Static => true,
            ScheduleKind::Dynamic | ScheduleKind::Guided | ScheduleKind::Auto => false,
        }
    }

    /// Whether the kind has a chunk size.
    pub fn has_chunk(self) -> bool {
        match self {
            ScheduleKind::Static | ScheduleKind::Dynamic | ScheduleKind::Guided => true,
            ScheduleKind::Auto => false,
        }
    }
}

/// `omp_sched_monotonic`: the bit that `omp_sched_t` and the `sched` word of loop
/// entries have beside the kind.
pub const MONOTONIC: u32 = 1 << 31;

/// The kind in a `schedule` clause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScheduleClause {
    /// `schedule(runtime)`: `run-sched-var` says.
    Runtime,
    /// The clause says.
    Kind(ScheduleKind),
}

impl ScheduleClause {
    /// From the number that loop entries use: 0 for `runtime`, else that of a
    /// [`ScheduleKind`]. Any other number is told of once, and counts as `runtime`.
    #[inline]
    pub fn from_number(number: u32) -> ScheduleClause {
        match ScheduleKind::from_omp(number) {
            Some(kind) => ScheduleClause::Kind(kind),
            None => ScheduleClause::without_kind(number),
        }
    }

    fn without_kind(number: u32) -> ScheduleClause {
        if number != 0 {
            messages::warn_once("schedule kind", || {
                format!("{number} is not the number of a schedule kind; using schedule(runtime)")
            });
        }
        ScheduleClause::Runtime
    }
}

/// `run-sched-var`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// The kind.
    pub kind: ScheduleKind,
    /// Whether each thread gets its chunks in increasing order.
    pub monotonic: bool,
    /// Iterations per chunk; 0 stands for blocks (static), or for none (auto).
    pub chunk: i32,
}

/// The ICVs of one data environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Icv {
    /// `nthreads-var`; 0 if nobody has set it.
    pub nthreads: u32,
    /// `thread-limit-var`; `u32::MAX` if there is no limit.
    pub thread_limit: u32,
    /// `max-active-levels-var`.
    pub max_active_levels: u32,
    /// `dyn-var`; `None` if nobody has set it (then the host decides).
    pub dynamic: Option<bool>,
    /// `bind-var` of the regions that the task starts.
    pub bind: ProcBind,
    /// `run-sched-var`.
    pub schedule: Schedule,
    /// `default-device-var`.
    pub default_device: i32,
    /// `def-allocator-var`. Only that of the implicit task has an effect.
    pub allocator: Handle,
}

/// `OMP_WAIT_POLICY`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitPolicy {
    /// Waiting threads keep their processor.
    Active,
    /// Waiting threads sleep.
    Passive,
}

/// The pauses that `OMP_WAIT_POLICY=active` stands for: for ever, as far as a region is
/// concerned.
pub(crate) const ACTIVE_SPINS: u64 = 30_000_000_000;

/// `target-offload-var`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TargetOffload {
    /// Target regions run on a device if there is one.
    Default,
    /// It is an error if there is no device.
    Mandatory,
    /// Target regions always run on the host.
    Disabled,
}

/// `OMP_DISPLAY_ENV`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DisplayEnv {
    /// Nothing is displayed.
    False,
    /// The specification's variables are displayed.
    True,
    /// libgomp's own variables are displayed, too.
    Verbose,
}

impl Display for Schedule {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.monotonic != self.kind.is_monotonic() {
            f.write_str(if self.monotonic {
                "MONOTONIC:"
            } else {
                "NONMONOTONIC:"
            })?;
        }
        f.write_str(&self.kind.name().to_ascii_uppercase())?;
        if self.kind.has_chunk() && self.chunk != self.kind.default_chunk() {
            write!(f, ",{}", self.chunk)?;
        }
        Ok(())
    }
}

impl Display for WaitPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            WaitPolicy::Active => "ACTIVE",
            WaitPolicy::Passive => "PASSIVE",
        })
    }
}

impl Display for TargetOffload {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            TargetOffload::Default => "DEFAULT",
            TargetOffload::Mandatory => "MANDATORY",
            TargetOffload::Disabled => "DISABLED",
        })
    }
}
