//! How the costs of the runtime's operations grow with the team, on a simulated machine: cache
//! lines transferred, and the time of the whole team. To be run by
//!
//! ```text
//! RUSTC_WRAPPER=$PWD/rust/tests/lines/rustc RUSTFLAGS="--cfg lines" \
//!     cargo test --release --test lines --target-dir target/lines [-- NAME...]
//! ```
//!
//! This shows the figures of all operations, or of those whose names contain one of the words.
//! It fails if one grows more than it may.
//!
//! - [`machine`]: the simulated machine.
//! - [`hooks`]: make the real code of the runtime run on it.
//! - [`operations`]: the operations that are measured.
//! - [`reference`]: protocols of other runtimes, for comparison.
//! - [`growth`]: the figures, and the claims about them.
//!
//! If `GHCOMP_GROWTH` is a folder, the figures are written there, for `bench/growth`.
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

/// The same variables must share a line in each run. So this runs on a thread of its own, whose
/// stack begins at a page (the initial thread's stack begins behind the environment), and all
/// memory comes from one arena. All threads are on one processor, because turns change more
/// quickly there than between processors.
#[cfg(lines)]
fn main() {
    // SAFETY: it is a setting of the C library, made before there are other threads.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    // SAFETY: a set of processors is plain data, which lives through the call.
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
        // The process ends here and at once. The team's threads get no turn any more, and a
        // thread that ends normally would wait for them.
        // SAFETY: only ends the process.
        unsafe { libc::_exit(i32::from(failed)) }
    });
    let _ = simulated.join();
    std::process::exit(1); // it has panicked
}
