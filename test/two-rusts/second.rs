//! Somebody else's Rust library: it has its own standard library, and catches
//! its panics by unwinding.

use std::panic::{catch_unwind, resume_unwind};
use std::thread;

/// Twice the number, worked out on a thread of its own; -1 for an odd one,
/// which comes as a panic through two stacks.
#[no_mangle]
pub extern "C" fn second_double_even(n: i32) -> i32 {
    catch_unwind(|| match thread::spawn(move || double_even(n)).join() {
        Ok(doubled) => doubled,
        Err(odd) => resume_unwind(odd),
    })
    .unwrap_or(-1)
}

fn double_even(n: i32) -> i32 {
    if n % 2 != 0 {
        // Without the hook's message.
        resume_unwind(Box::new("odd"));
    }
    n * 2
}
