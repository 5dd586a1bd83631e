//! How many threads a region asks for (OpenMP 5.2, 10.1.1, Algorithm 10.1).

use crate::host;
use crate::icv::effective::{default_team_size, dynamic, nthreads};
use crate::icv::Icv;
use crate::team::task::Task;
use crate::team::thread::Context;

/// `nthreads-var`, for code that asks how many threads a region of this task would get.
/// Such code may count on getting as many: OpenBLAS's threads wait for each other's shares
/// in a loop. So if nobody has set `dyn-var`, it is false from now on for the regions that
/// the task starts.
pub fn fix_dynamic(task: &Task) -> u32 {
    let mut icv = task.icv.get();
    if icv.dynamic.is_none() {
        icv.dynamic = Some(false);
        task.icv.set(icv);
    }
    nthreads(&icv)
}

/// The threads that dynamic adjustment leaves of `wanted`: no more than there are for all
/// masters together, and no more than the host has idle processors for.
fn adjusted(icv: &Icv, wanted: u32) -> u32 {
    wanted.min(dynamic_limit(icv)).min(host::idle())
}

/// How many threads dynamic adjustment shares out among all masters.
pub fn dynamic_limit(icv: &Icv) -> u32 {
    default_team_size().max(nthreads(icv))
}

/// The team size that a region in `context` asks the pool for. `requested` is the region's
/// `num_threads` clause, or 0.
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
