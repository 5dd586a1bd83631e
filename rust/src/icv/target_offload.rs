//! `target-offload-var`, which LLVM's `kmp_set_defaults` can change.

use crate::icv::globals::globals;
use crate::icv::types::TargetOffload;
use core::sync::atomic::{AtomicU8, Ordering};

/// What the program has set, plus one; 0: nothing.
static SET: AtomicU8 = AtomicU8::new(0);

const ALL: [TargetOffload; 3] = [
    TargetOffload::Default,
    TargetOffload::Mandatory,
    TargetOffload::Disabled,
];

/// The value.
pub fn target_offload() -> TargetOffload {
    // Relaxed: the number orders nothing.
    match usize::from(SET.load(Ordering::Relaxed)).checked_sub(1) {
        Some(index) => ALL[index],
        None => globals().target_offload,
    }
}

/// Sets the value for the whole process.
pub fn set_target_offload(value: TargetOffload) {
    let index = ALL.iter().position(|&known| known == value);
    SET.store(index.map_or(0, |index| index as u8 + 1), Ordering::Relaxed);
}
