//! Messages to the user, on stderr.

use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use core::ffi::c_int;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{Cursor, Write};

/// Writes the line `ghcomp: <text>` to stderr. It is written at once, so that the lines
/// of other threads and processes do not get into it. If stderr takes nothing (closed
/// pipe, full disk), the program goes on.
pub fn tell(text: impl Display) {
    line("ghcomp", text);
}

/// [`tell`] with the prefix of libgomp's messages, for messages that libgomp has, too.
pub fn complain(text: impl Display) {
    line("libgomp", text);
}

/// Writes a line. Allocates nothing for a line of up to 512 bytes: there may be no
/// memory.
fn line(prefix: &str, text: impl Display) {
    let mut short = Cursor::new([0; 512]);
    match writeln!(short, "{prefix}: {text}") {
        Ok(()) => write(&short.get_ref()[..short.position() as usize]),
        Err(_) => write(format!("{prefix}: {text}\n").as_bytes()),
    }
}

/// The part of a user's text that a message shows, and dots if that is not all.
pub fn shortened(text: &str) -> (&str, &'static str) {
    const MAX_SHOWN_CHARS: usize = 100;
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        None => (text, ""),
        Some((end, _)) => (&text[..end], "..."),
    }
}

/// A user's text as a message shows it: in quotes, on one line, and shortened.
pub fn excerpt(text: &str) -> String {
    let (text, rest) = shortened(text);
    format!("{text:?}{rest}")
}

/// Ends the process with a message, and with libgomp's exit status for errors that it
/// can only give up at.
pub fn fatal(text: impl Display) -> ! {
    complain(text);
    end()
}

/// Ends the process with libgomp's exit status. The standard library's `exit` would
/// abort if a handler of `exit` comes here again; the C library's goes on with the other
/// handlers. Only one thread runs the handlers; other threads that come here wait for
/// the end.
pub fn end() -> ! {
    static ENDING: AtomicU64 = AtomicU64::new(0);
    // SAFETY: these calls only answer.
    let (process, thread) = unsafe { (libc::getpid() as u64, libc::syscall(libc::SYS_gettid)) };
    let me = process << 32 | thread as u64;
    // Relaxed: the word orders nothing else.
    let mut found = ENDING.load(Ordering::Relaxed);
    // In the child of a fork, the word may name a thread of the parent.
    while found >> 32 != process {
        let taken = ENDING.compare_exchange(found, me, Ordering::Relaxed, Ordering::Relaxed);
        found = taken.map_or_else(|now| now, |_| me);
    }
    if found != me {
        loop {
            // SAFETY: this only waits for a signal.
            unsafe { libc::pause() };
        }
    }
    // SAFETY: no other thread of the runtime calls it.
    unsafe { libc::exit(libc::EXIT_FAILURE) }
}

/// The messages that were printed once.
static TOLD: Mutex<BTreeSet<&'static str>> = covered(Rank::Told, BTreeSet::new());

/// Users have read the parent's messages, so the child does not repeat them.
pub(crate) static AT_FORK: AtFork = AtFork::locks(&[&TOLD]);

/// Whether the program wants no warnings.
static MUTED: AtomicBool = AtomicBool::new(false);

/// Whether [`warn_once`] prints from now on.
pub fn mute(muted: bool) {
    // Relaxed: the flag orders nothing.
    MUTED.store(muted, Ordering::Relaxed);
}

/// Prints `ghcomp: <text>` at the first call for `what`.
pub fn warn_once(what: &'static str, text: impl FnOnce() -> String) {
    if MUTED.load(Ordering::Relaxed) {
        return;
    }
    let first = TOLD.lock().insert(what);
    if first {
        tell(text());
    }
}

/// Writes a text to stderr, at once. The standard library has a lock for stderr, which
/// could stay locked for ever in the child of a fork; so this calls the system.
pub fn write(text: &[u8]) {
    write_to(libc::STDERR_FILENO, text);
}

/// [`write()`] for stdout.
pub fn write_to_stdout(text: &[u8]) {
    write_to(libc::STDOUT_FILENO, text);
}

fn write_to(stream: c_int, mut text: &[u8]) {
    while !text.is_empty() {
        // SAFETY: the system only reads the text.
        let written = unsafe { libc::write(stream, text.as_ptr().cast(), text.len()) };
        match usize::try_from(written) {
            Ok(written) if written > 0 => text = &text[written..],
            // SAFETY: `errno` is the calling thread's own.
            _ if unsafe { *libc::__errno_location() } == libc::EINTR => {}
            _ => return,
        }
    }
}
