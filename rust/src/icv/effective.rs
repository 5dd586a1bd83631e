//! The effective values of ICVs: if nobody has set an ICV, the host's word or the default.

use crate::icv::types::Icv;
use crate::icv::{cpus, fallback};
use crate::messages;
use core::sync::atomic::{AtomicU32, Ordering};
use std::fs;

/// `nthreads-var` if nobody has set it: the host's word, else the processors.
pub fn default_team_size() -> u32 {
    fallback::team_size(cpus::available_processors)
}

/// The effective `nthreads-var` of a task.
pub fn nthreads(icv: &Icv) -> u32 {
    if icv.nthreads > 0 {
        icv.nthreads
    } else {
        default_team_size()
    }
}

/// The effective `dyn-var` of a task. If nobody has set it, it is true in a host's process
/// and false in a C program.
pub fn dynamic(icv: &Icv) -> bool {
    icv.dynamic.unwrap_or_else(fallback::dynamic)
}

/// Any system can have as many threads.
const ALWAYS_POSSIBLE_THREADS: u32 = 1 << 12;
/// No Linux can have more threads; Linux's own name.
const PID_MAX_LIMIT: u32 = 1 << 22;

/// `wanted`, if the system can have as many threads. A larger number is a mistake, such as
/// `num_threads(-1)` as an `unsigned`. It would do harm to take every thread that there
/// is, so the number counts as not given.
pub fn possible_team_size(wanted: u32) -> u32 {
    if wanted <= ALWAYS_POSSIBLE_THREADS {
        return wanted;
    }
    let max = max_threads();
    if wanted <= max {
        return wanted;
    }
    let instead = default_team_size().min(max);
    messages::warn_once("impossible size", || {
        format!(
            "a region asks for {wanted} threads, more than the system can have ({max}): it gets \
             {instead}"
        )
    });
    instead
}

/// The most threads that the system can have.
fn max_threads() -> u32 {
    /// 0 until it was computed.
    static FOUND: AtomicU32 = AtomicU32::new(0);
    let mut max = FOUND.load(Ordering::Relaxed);
    if max == 0 {
        let limit = |name: &str| -> Option<u32> {
            let text = fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok()?;
            text.trim().parse().ok()
        };
        max = ["threads-max", "pid_max"]
            .into_iter()
            .filter_map(limit)
            .fold(PID_MAX_LIMIT, u32::min)
            .max(1);
        FOUND.store(max, Ordering::Relaxed);
    }
    max
}
