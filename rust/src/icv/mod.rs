//! Internal control variables (OpenMP 5.2, 2) and where they come from.
//!
//! | module | what it has |
//! |--------|-------------|
//! | [`types`], [`device_numbers`] | the values of ICVs |
//! | [`parse`], [`allocator`] | parsers for the texts of `OMP_*` |
//! | [`variables`] | the variables, and what has to be decided for each |
//! | [`kmp`] | the variables of LLVM's runtime, which become ours |
//! | [`environment`] | what the process's environment says: [`Globals`] |
//! | [`mod@globals`] | reads that once for the process |
//! | [`mod@defaults`] | the ICVs that initial tasks start with |
//! | [`affinity_format`], [`teams`], [`target_offload`] | `affinity-format-var`; `nteams-var` and `teams-thread-limit-var`; `target-offload-var` |
//! | [`quota`], [`cpus`] | the processors that this process may use |
//! | [`fallback`], [`effective`], [`spinning`], [`stack_size`] | what holds where nobody has set an ICV |
//! | [`display`] | the display of the environment |
//!
//! Each data environment has a copy of the [`Icv`]s; the process has one [`Globals`], which
//! is read once from the environment.

pub mod affinity_format;
pub mod allocator;
pub mod cpus;
pub mod defaults;
pub mod device_numbers;
pub mod display;
pub mod effective;
pub mod environment;
pub mod fallback;
pub mod globals;
pub mod kmp;
pub mod parse;
pub mod quota;
pub mod spinning;
pub mod stack_size;
pub mod target_offload;
pub mod teams;
pub mod types;
pub mod variables;

pub use defaults::{change_defaults, changes, defaults};
pub use environment::Globals;
pub use globals::globals;
pub use types::{
    Icv, Schedule, ScheduleClause, ScheduleKind, TargetOffload, WaitPolicy, MONOTONIC,
    SUPPORTED_ACTIVE_LEVELS,
};
