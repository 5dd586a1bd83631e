//! The port: what the runtime asks of the process it lives in.
//!
//! The core knows nothing of Haskell; it asks these few questions of whoever
//! registered. `cbits/ghc_host.c` registers GHC's answers when the Haskell
//! library is loaded; with nobody registered the process stands alone.

use crate::icv;
use core::sync::atomic::{AtomicPtr, Ordering};

/// The answers of a host, as a C table. All functions may be called from any
/// thread, and none may call back into the runtime.
#[repr(C)]
#[derive(Debug)]
pub struct GhcompHost {
    /// The layout of this table: 1.
    pub version: u32,
    /// Threads a team gets when neither the program nor the environment says;
    /// 0 for no opinion.
    pub default_team_size: extern "C" fn() -> u32,
    /// Pauses that a waiting thread may spend before it sleeps.
    pub spin_limit: extern "C" fn() -> u32,
    /// 1 if several OS threads may run Haskell at once, else 0.
    pub haskell_bodies: extern "C" fn() -> i32,
    /// The calling OS thread is about to run Haskell as OpenMP thread `num` of
    /// a first-level team of `team_size` threads.
    pub bind: extern "C" fn(num: u32, team_size: u32),
}

static HOST: AtomicPtr<GhcompHost> = AtomicPtr::new(core::ptr::null_mut());

/// The registered host, or `None` when the process stands alone.
#[inline]
pub fn host() -> Option<&'static GhcompHost> {
    // SAFETY: `ghcomp_register_host` demands a table that lives for ever.
    unsafe { HOST.load(Ordering::Acquire).as_ref() }
}

/// Registers the host, normally from a load-time constructor. A null pointer
/// or an unknown `version` is refused with a message and changes nothing.
///
/// # Safety
///
/// `host` must be null or point to a table that stays valid and unchanged for
/// the rest of the process.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_register_host(host: *const GhcompHost) {
    // SAFETY: the caller's promise.
    match unsafe { host.as_ref() } {
        Some(table) if table.version == 1 => HOST.store(host.cast_mut(), Ordering::Release),
        Some(table) => icv::tell(format_args!(
            "ghcomp_register_host: version {} is not 1; no host",
            table.version
        )),
        None => icv::tell("ghcomp_register_host: host is null; no host"),
    }
}
