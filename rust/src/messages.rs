//! What users are told on stderr.

use crate::sync::mutex::{covered, AtFork, Mutex, Rank};
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{Cursor, Write};

/// Writes the line `ghcomp: <text>` to stderr, at once, so that the lines of
/// other threads and processes do not get into it. A stderr that takes nothing
/// (closed pipe, full disk) is no reason to end the program.
pub fn tell(text: impl Display) {
    line("ghcomp", text);
}

/// As [`tell`], with the prefix that libgomp's messages have, for what libgomp
/// tells as well.
pub fn complain(text: impl Display) {
    line("libgomp", text);
}

/// Writes a line, which is short mostly, and then nothing is allocated: there
/// may be no memory.
fn line(who: &str, text: impl Display) {
    let mut short = Cursor::new([0; 512]);
    match writeln!(short, "{who}: {text}") {
        Ok(()) => write(&short.get_ref()[..short.position() as usize]),
        Err(_) => write(format!("{who}: {text}\n").as_bytes()),
    }
}

/// What a message shows of a user's text, and dots for the rest.
pub fn shortened(text: &str) -> (&str, &'static str) {
    const MAX_SHOWN_CHARS: usize = 100;
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        None => (text, ""),
        Some((end, _)) => (&text[..end], "..."),
    }
}

/// A user's text in a message: in quotes, on one line, and not all of a long one.
pub fn excerpt(text: &str) -> String {
    let (text, rest) = shortened(text);
    format!("{text:?}{rest}")
}

/// Ends the process with libgomp's message and exit status for what it can
/// only give up at.
pub fn fatal(text: impl Display) -> ! {
    complain(text);
    end()
}

/// Ends the process with libgomp's exit status. Not by the standard library,
/// which aborts where a handler of `exit` comes here again: the C library goes on
/// with the other handlers. The handlers are one thread's business; other threads
/// wait for the end.
pub fn end() -> ! {
    static ENDING: AtomicU64 = AtomicU64::new(0);
    // SAFETY: they only answer.
    let (process, thread) = unsafe { (libc::getpid() as u64, libc::syscall(libc::SYS_gettid)) };
    let me = process << 32 | thread as u64;
    // Relaxed: nothing else is told by it.
    let mut found = ENDING.load(Ordering::Relaxed);
    // The child of a fork has the number of a thread that it has not.
    while found >> 32 != process {
        let taken = ENDING.compare_exchange(found, me, Ordering::Relaxed, Ordering::Relaxed);
        found = taken.map_or_else(|now| now, |_| me);
    }
    if found != me {
        loop {
            // SAFETY: waits for a signal.
            unsafe { libc::pause() };
        }
    }
    // SAFETY: no other thread of ours calls it.
    unsafe { libc::exit(libc::EXIT_FAILURE) }
}

static TOLD: Mutex<BTreeSet<&'static str>> = covered(Rank::Told, BTreeSet::new());

/// The child has told what the parent has.
pub(crate) static AT_FORK: AtFork = AtFork::locks(&[&TOLD]);

/// Prints `ghcomp: <text>` the first time that it is called for `what`.
pub fn warn_once(what: &'static str, text: impl FnOnce() -> String) {
    let first = TOLD.lock().insert(what);
    if first {
        tell(text());
    }
}

/// Writes a text to stderr, at once. Not by the standard library, whose lock of
/// stderr would be held for ever in the child of a fork.
pub fn write(mut text: &[u8]) {
    while !text.is_empty() {
        // SAFETY: the system reads the text.
        let written = unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
        match usize::try_from(written) {
            Ok(written) if written > 0 => text = &text[written..],
            // SAFETY: the calling thread's own.
            _ if unsafe { *libc::__errno_location() } == libc::EINTR => {}
            _ => return,
        }
    }
}
