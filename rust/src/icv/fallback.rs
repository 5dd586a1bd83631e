//! Values for ICVs that nobody has set: the host's word, if there is a host, else a
//! default.

use crate::host;

/// The pauses before a wait sleeps: about a millisecond.
pub const DEFAULT_PAUSES: u64 = 20_000;
/// The pauses before a wait sleeps while the host computes: about the time of a wake-up.
const PAUSES_BESIDE_BUSY_HOST: u64 = 1000;

/// `nthreads-var`: the host's word, else `processors`.
pub fn team_size(processors: impl FnOnce() -> u32) -> u32 {
    match host::host().map(|host| (host.default_team_size)()) {
        Some(n) if n > 0 => n,
        _ => processors(),
    }
}

/// `dyn-var`: true in a host's process, false in a C program, even if that brings a host
/// along.
pub fn dynamic() -> bool {
    host::host().is_some_and(|host| host.boot.is_none())
}

/// The pauses that a wait may spend.
pub fn pauses() -> u64 {
    if host::recently_busy() > 0 {
        PAUSES_BESIDE_BUSY_HOST
    } else {
        DEFAULT_PAUSES
    }
}
