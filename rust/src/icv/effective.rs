//! The values that ICVs have in effect: the host's word or the default, where
//! nobody has set them.

use crate::icv::types::Icv;
use crate::icv::{cpus, unset};
use crate::messages;
use core::sync::atomic::{AtomicU32, Ordering};
use std::fs;

/// `nthreads-var` where nobody has set it: the host's word, else the processors.
pub fn default_team_size() -> u32 {
    unset::team_size(cpus::available_processors)
}

/// `nthreads-var` of a task, with the default filled in.
pub fn nthreads(icv: &Icv) -> u32 {
    if icv.nthreads > 0 {
        icv.nthreads
    } else {
        default_team_size()
    }
}

/// `dyn-var` of a task: where nobody has set it, true in a host's process and
/// false in a C program.
pub fn dynamic(icv: &Icv) -> bool {
    icv.dynamic.unwrap_or_else(unset::dynamic)
}

/// Threads that any system can have.
const ALWAYS_POSSIBLE_THREADS: u32 = 1 << 12;
/// Threads that Linux can have in any case.
const PID_MAX_LIMIT: u32 = 1 << 22;

/// `wanted` if the system can have as many threads at all. A number beyond that
/// is nobody's wish but a mistake (`num_threads(-1)` by way of `unsigned`), and
/// taking every thread that there is would do harm: it counts as not said.
pub fn possible(wanted: u32) -> u32 {
    if wanted <= ALWAYS_POSSIBLE_THREADS {
        return wanted;
    }
    let most = most();
    if wanted <= most {
        return wanted;
    }
    let instead = default_team_size().min(most);
    messages::warn_once("impossible size", || {
        format!(
            "a region asks for {wanted} threads, more than the system can have ({most}): it gets \
             {instead}"
        )
    });
    instead
}

/// The threads that the system can have.
fn most() -> u32 {
    static FOUND: AtomicU32 = AtomicU32::new(0);
    let mut most = FOUND.load(Ordering::Relaxed);
    if most == 0 {
        let limit = |name: &str| -> Option<u32> {
            let text = fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok()?;
            text.trim().parse().ok()
        };
        most = ["threads-max", "pid_max"]
            .into_iter()
            .filter_map(limit)
            .fold(PID_MAX_LIMIT, u32::min)
            .max(1);
        FOUND.store(most, Ordering::Relaxed);
    }
    most
}
