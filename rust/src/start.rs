//! What happens when the library is loaded.
//!
//! As libgomp, a process that stands alone reads its environment before `main`
//! begins: bad values and `OMP_DISPLAY_ENV` are told of even if the program
//! then never calls OpenMP, and the initial thread is bound where that is
//! asked for. Under a host, which registers before (see `cbits/ghc_host.c`),
//! all of that waits for the first call of OpenMP.

use crate::{affinity, host, icv};

#[used]
#[cfg_attr(target_os = "linux", link_section = ".init_array")]
static START: extern "C" fn() = start;

extern "C" fn start() {
    let named = |(name, _): (std::ffi::OsString, _)| {
        let name = name.as_encoded_bytes();
        name.starts_with(b"OMP_") || name.starts_with(b"GOMP_")
    };
    if host::host().is_some() || !std::env::vars_os().any(named) {
        return;
    }
    if !icv::globals().affinity.places.is_empty() {
        affinity::bind_master(crate::team::current());
    }
}
