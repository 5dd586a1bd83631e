//! Sleeping, waking and mutual exclusion. [`crate::waiting`] decides how long a thread spins.
//!
//! - [`primitive`]: the atomics, real or loom's.
//! - [`futex`]: a word that threads sleep on.
//! - [`parker`]: one thread's place to sleep.
//! - [`dormitory`]: a place where several threads sleep, and one call wakes all.
//! - [`signal`]: a counter that one thread raises and others wait for.
//! - [`member_set`]: a set of a team's members.
//! - [`lock`]: locks in the program's memory.
//! - [`mutex`]: the core's own locks, which `fork` knows.
//! - [`made`]: a value that is made at its first use, without a lock.
//! - [`owned`]: cells that one thread owns.
//! - [`process`]: the forks between the first process and this one.
//! - [`hook`]: a function that a higher room provides.
//! - [`fence`]: a store-load fence with a cheap half and an expensive half.

pub mod dormitory;
pub mod fence;
pub mod futex;
pub mod hook;
pub mod lock;
pub mod made;
pub mod member_set;
pub mod mutex;
pub mod owned;
pub mod parker;
pub mod primitive;
pub mod process;
pub mod signal;
