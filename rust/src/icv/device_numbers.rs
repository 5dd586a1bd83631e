//! Device numbers (OpenMP 5.2, 1.2.1, 3 and 18.7).

use core::ffi::c_int;

/// `omp_initial_device`.
pub const INITIAL: c_int = -1;
/// `omp_invalid_device`.
pub const INVALID: c_int = -4;
/// `omp_default_device` (OpenMP 6.0).
pub const DEFAULT: c_int = -5;
/// Devices other than the host; also the host's number among the devices.
pub const COUNT: c_int = 0;
