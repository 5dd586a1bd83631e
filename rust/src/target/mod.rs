//! Target constructs and devices (OpenMP 5.2, 13 and 18.8), called by the
//! `GOMP_target*` entries and the `omp_target_*` routines.
//!
//! There are no devices but the host. A target region is a call on the calling
//! thread, or in a task; its data environment is the host's, so mappings,
//! updates and attached pointers need nothing.
//!
//! - [`device`]: what a device number stands for.
//! - [`construct`]: running a target region.
//! - [`copy`]: the routines that copy between devices.

pub mod construct;
pub mod copy;
pub mod device;
