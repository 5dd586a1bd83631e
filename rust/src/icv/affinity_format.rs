//! `affinity-format-var` (OpenMP 5.2, 2.1 and 21.2.5), an ICV of the whole process.

use crate::icv::environment::Globals;
use crate::sync::mutex::{covered, AtFork, Mutex, Rank};

/// `affinity-format-var` if nobody has set it.
const DEFAULT_FORMAT: &str = "level %L thread %i affinity %A";

/// `affinity-format-var`, once the program has set it.
static FORMAT: Mutex<Option<Vec<u8>>> = covered(Rank::Format, None);

/// The child keeps the parent's.
pub(crate) static AT_FORK: AtFork = AtFork::locks(&[&FORMAT]);

/// `affinity-format-var`.
pub fn format(globals: &Globals) -> Vec<u8> {
    let set = FORMAT.lock().clone();
    set.unwrap_or_else(|| match &globals.affinity_format {
        Some(format) => format.clone().into_bytes(),
        None => DEFAULT_FORMAT.into(),
    })
}

/// Sets `affinity-format-var`.
pub fn set_format(format: &[u8]) {
    *FORMAT.lock() = Some(format.to_vec());
}
