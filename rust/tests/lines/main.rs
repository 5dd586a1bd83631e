//! How the runtime's operations grow with the team, on a simulated machine:
//! cache lines transferred, and how long the whole team takes. Run by
//!
//! ```text
//! RUSTC_WRAPPER=$PWD/rust/tests/lines/rustc RUSTFLAGS="--cfg lines" \
//!     cargo test --release --test lines --target-dir target/lines [-- NAME...]
//! ```
//!
//! which shows the figures of all operations, or of those whose names contain
//! one of the words, and fails if one grows as it should not. What is simulated
//! is the real code ([`hooks`]) on the machine of [`machine`]; beside it stand
//! the protocols of others ([`reference`]). With `GHCOMP_GROWTH` set to a folder
//! the figures are written there, as `bench/growth` wants them.
#![cfg_attr(not(lines), allow(dead_code, unused_imports))]

#[cfg(lines)]
mod growth;
#[cfg(lines)]
mod hooks;
#[cfg(lines)]
mod machine;
#[cfg(lines)]
mod operations;
#[cfg(lines)]
mod reference;

#[cfg(not(lines))]
fn main() {}

/// What shares a line must be the same each time. So this runs on a thread of
/// its own, whose stack begins at a page, where the initial thread's begins
/// behind the environment; and all memory comes from one arena. All threads are
/// on one processor, where they take turns more quickly than from one to another.
#[cfg(lines)]
fn main() {
    // SAFETY: a setting of the C library's, before there are other threads.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    // SAFETY: a set of processors is plain data, and lives through the call.
    unsafe {
        let mut here: libc::cpu_set_t = core::mem::zeroed();
        libc::CPU_SET(libc::sched_getcpu() as usize, &mut here);
        libc::sched_setaffinity(0, size_of_val(&here), &here);
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<String> = words.into_iter().filter(|w| !w.starts_with('-')).collect();
    let simulated = std::thread::spawn(move || {
        let failed = growth::run(&words);
        let _ = std::io::Write::flush(&mut std::io::stdout());
        // Here and at once: the team's threads are where they are, and have no turn
        // any more; a thread that ends would wait for them.
        // SAFETY: only ends the process.
        unsafe { libc::_exit(i32::from(failed)) }
    });
    let _ = simulated.join();
    std::process::exit(1); // it has panicked
}
