//! The processors that this process may use: those of its affinity mask, but no more than
//! the CPU quota of its control groups lets it keep busy.

use crate::affinity::cpuset::CpuSet;
use crate::icv::globals::globals;
use crate::icv::quota::{within_quota, Cached};

/// How many processors the team's threads may be on: if threads are bound, only those of
/// the places. Found once. More threads than these are oversubscribed.
pub fn placed_processors() -> u32 {
    if cfg!(lines) {
        return u32::MAX; // the simulated machine has enough
    }
    static FOUND: Cached = Cached::new();
    FOUND.or(|| {
        let affinity = &globals().affinity;
        let places = affinity.places.iter().flat_map(CpuSet::iter);
        let placed: CpuSet = places.collect();
        let usable = placed.intersection(&affinity.mask).len();
        match within_quota(affinity.mask.len()) {
            all if usable > 0 => all.min(usable as u32),
            all => all,
        }
    })
}

/// How many processors there are for default team sizes. Found once.
pub fn available_processors() -> u32 {
    static FOUND: Cached = Cached::new();
    FOUND.or(|| within_quota(globals().affinity.mask.len()))
}

/// How many processors the calling thread may use now (OpenMP 5.2, 18.7.1).
pub fn num_procs() -> u32 {
    let affinity = &globals().affinity;
    // The own mask of a bound thread is only its place.
    let mask = if affinity.places.is_empty() {
        CpuSet::of_thread().len()
    } else {
        affinity.mask.len()
    };
    within_quota(mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine() {
        assert!(num_procs() >= 1);
        assert!(available_processors() >= 1);
    }
}
