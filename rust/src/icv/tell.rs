//! What users are told on stderr.

use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::Write;

/// Writes the line `ghcomp: <text>` to stderr, at once, so that the lines of
/// other threads and processes do not get into it. A stderr that takes nothing
/// (closed pipe, full disk) is no reason to end the program.
pub fn tell(text: impl Display) {
    write(format!("ghcomp: {text}\n").as_bytes());
}

/// As [`tell`], with the prefix that libgomp's messages have, for what libgomp
/// tells as well.
pub fn complain(text: impl Display) {
    write(format!("libgomp: {text}\n").as_bytes());
}

/// Ends the process with libgomp's message and exit status for what it can
/// only give up at.
pub fn fatal(text: impl Display) -> ! {
    complain(text);
    std::process::exit(libc::EXIT_FAILURE)
}

/// Prints `ghcomp: <text>` the first time that it is called for `what`.
pub fn warn_once(what: &'static str, text: impl FnOnce() -> String) {
    static TOLD: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    if TOLD.lock().insert(what) {
        tell(text());
    }
}

/// Writes a text to stderr, at once.
pub fn write(text: &[u8]) {
    let _ = std::io::stderr().write_all(text);
}
