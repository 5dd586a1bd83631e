//! How many threads a region asks for (OpenMP 5.2, 10.1.1, Algorithm 10.1).

use crate::team::task::Task;
use crate::team::thread::Context;
use crate::{host, icv, messages};
use core::sync::atomic::{AtomicU32, Ordering};
use std::fs;

/// What stands for "nobody said": the host's word, else the processors.
pub fn default_team_size() -> u32 {
    match host::host().map(|host| (host.default_team_size)()) {
        Some(n) if n > 0 => n,
        _ => icv::cpus::available_processors(),
    }
}

/// `nthreads-var` of a task, with the default filled in.
pub fn nthreads(icv: &icv::Icv) -> u32 {
    if icv.nthreads > 0 {
        icv.nthreads
    } else {
        default_team_size()
    }
}

/// `dyn-var` of a task: where nobody set it, true in a host's process and false
/// in a C program.
pub fn dynamic(icv: &icv::Icv) -> bool {
    icv.dynamic
        .unwrap_or_else(|| host::host().is_some_and(|host| host.boot.is_none()))
}

/// The threads that a region of this task would get, for code that asks for
/// them: `nthreads-var`. Such code may count on getting as many (OpenBLAS's
/// threads wait for each other's shares in a loop), so where nobody has set
/// `dyn-var` it is false from now on for the regions that the task starts.
pub fn fix_dynamic(task: &Task) -> u32 {
    let mut icv = task.icv.get();
    if icv.dynamic.is_none() {
        icv.dynamic = Some(false);
        task.icv.set(icv);
    }
    nthreads(&icv)
}

/// What dynamic adjustment leaves of `wanted` threads: not more than there are
/// for all masters, and only those that the host has idle processors for.
fn adjusted(icv: &icv::Icv, wanted: u32) -> u32 {
    wanted.min(dynamic_limit(icv)).min(host::idle())
}

/// The threads that dynamic adjustment shares out among all masters.
pub fn dynamic_limit(icv: &icv::Icv) -> u32 {
    default_team_size().max(nthreads(icv))
}

/// The size that a region in `place` asks the pool for; `requested` is its
/// `num_threads` clause or 0.
#[inline(always)]
pub fn resolve(context: &Context, requested: u32) -> u32 {
    if requested == 1 {
        return 1;
    }
    let icv = context.task.icv.get();
    if context.team.region.active_level.get() >= icv.max_active_levels {
        return 1;
    }
    let wanted = if requested > 0 {
        requested
    } else {
        nthreads(&icv)
    };
    if wanted == 1 {
        return 1;
    }
    let wanted = if dynamic(&icv) {
        adjusted(&icv, wanted)
    } else {
        wanted
    };
    wanted.min(icv.thread_limit)
}

/// Threads that any system can have.
const FEW: u32 = 1 << 12;
/// Threads that Linux can have in any case.
const MOST: u32 = 1 << 22;

/// `wanted` if the system can have as many threads at all. A number beyond that
/// is nobody's wish but a mistake (`num_threads(-1)` by way of `unsigned`), and
/// taking every thread that there is would do harm: it counts as not said.
pub fn possible(wanted: u32) -> u32 {
    if wanted <= FEW {
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
            .fold(MOST, u32::min)
            .max(1);
        FOUND.store(most, Ordering::Relaxed);
    }
    most
}
