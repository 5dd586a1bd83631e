//! The child of `fork` starts afresh.
//!
//! Only the forking thread lives on in the child. There it becomes the initial
//! thread, in an initial team of its own with the ICVs of the task that it was
//! in; the next region builds a new pool. Records and teams of the parent that
//! were in use are left alone, whatever state they are in, and never used again.
//! What each room of the core does is in its `AT_FORK`.
//!
//! # Note [Locks and fork]
//!
//! Is in [`crate::sync::mutex`].
//!
//! # Note [Returning in the child]
//!
//! The thread may have forked deep inside of what the parent began: regions, a
//! worker's life, tasks that it executed in a wait, and waits in those. In the
//! child its place is its own initial team from the fork on, whose constructs it
//! meets. When it comes back to what was begun in the parent, that is over at
//! once, and the thread stays in its initial team:
//!
//! - A region's join returns: nobody will arrive. So does a barrier of the parent
//!   in which the thread executed the task that forked, or another wait.
//! - A task's body that returns is not completed: the parent does that. The
//!   event of a detached task can still be fulfilled, which does nothing.
//! - A loop, `sections` or taskloop that was under way: what the runtime has dealt
//!   out is executed, and it deals out no more.
//! - A worker's thread ends, and so does the process, with status 0, as any whose
//!   last thread ends.
//!
//! What is left of the parent's (teams, tasks, groups, their memory) is never
//! touched again. How each place finds that it has come back to something of the
//! parent's: a region knows the [`generation`](process::generation) that it began in, a wait that helps
//! compares it with that before, and an explicit task is marked
//! ([`Task::abandon`](crate::team::task::Task::abandon)): the one that the thread was
//! in by the handler, the one around it when the thread comes back there, and so
//! on. So calling a body costs no more for it.
//!
//! # Note [What the child can use]
//!
//! A child that forks the next one, and so on, would keep all that its ancestors
//! had, were nothing used again. What the forking thread alone has rested before
//! it forked, or can be made to rest meanwhile:
//!
//! - Free records, whose list is locked, with their free teams of one.
//! - Its own free teams of one, and its initial team if nothing is under way there.
//! - The pool's teams if no region uses any. The forking thread claims them all
//!   (`AT_FORK` of [`pool`]) for as long as the fork takes, so that no region begins in
//!   one. Their workers wait for messages then; none is another region's helper, since
//!   there is no region of several threads. So their records are free in the child.
//!
//! If a region uses one of the pool's teams, all are left: a worker that waits may be
//! that region's helper. It would not do to look, in the child, whether it was: the
//! child's memory is the parent's at many moments, as the system came to each page.
//! What a thread does that waits (it sleeps, wakes, wants to enrol as a helper) may be
//! half done in the child, and is forgotten: [`Team::inherit`](crate::team::region::Team::inherit),
//! [`Thread::outlived`](crate::team::thread::Thread::outlived).
//!
//! The handlers are installed when the library is loaded, by [`crate::start`].
//! What is made lazily
//! must not be half made in the child for ever: it is an atomic that everybody
//! may compute, or [`crate::sync::made`].

use crate::parallel::pool;
use crate::sync::mutex::{self, AtFork};
use crate::sync::{fence, process};
use crate::team::{register, task_memory};
use crate::trace::recorder;
use crate::{host, icv, memory, messages, waiting};

/// All rooms, in the order of their locks' [`Rank`](mutex::Rank)s. The threads'
/// comes last: the record of the one thread that there is starts afresh in what
/// the other rooms have left.
static ROOMS: [&AtFork; 14] = [
    &pool::AT_FORK,
    &register::RECORDS_AT_FORK,
    &icv::defaults::AT_FORK,
    &icv::affinity_format::AT_FORK,
    &task_memory::AT_FORK,
    &memory::fortran::AT_FORK,
    &memory::pinned::AT_FORK,
    &recorder::AT_FORK,
    &messages::AT_FORK,
    &fence::AT_FORK,
    &waiting::AT_FORK,
    &host::AT_FORK,
    &crate::waiting::migrate::AT_FORK,
    &register::AT_FORK,
];

extern "C" fn before() {
    mutex::lock_all(&ROOMS);
}

extern "C" fn in_parent() {
    mutex::unlock_all(&ROOMS);
}

extern "C" fn in_child() {
    process::begin();
    mutex::forget_all(&ROOMS);
}

/// Registers the handlers. The loader calls this once, through [`crate::start`].
pub fn install() {
    mutex::cover(&ROOMS);
    fence::init();
    // SAFETY: the handlers live as long as the program, and do only what is
    // said above.
    unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sync::mutex::{covered, Mutex, Rank};
    use std::path::{Path, PathBuf};
    use std::{fs, panic};

    /// What waits, or makes lazily, in a way that `fork` knows nothing of.
    const STRANGERS: [&str; 19] = [
        "std::sync::Mutex",
        "std::sync::RwLock",
        "RwLock",
        "Condvar",
        "OnceLock",
        "LazyLock",
        "LazyCell",
        "Once::",
        "Once,",
        "Once;",
        "lazy_static",
        "thread_local!",
        "eprint",
        "println!",
        "io::stderr",
        "io::stdout",
        "parking_lot::Mutex",
        "RawMutex",
        "pthread_mutex",
    ];

    /// Where they may be, and why: the futex and the locks themselves.
    const ALLOWED: [&str; 2] = ["sync/futex.rs", "sync/mutex.rs"];

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push(path);
            }
        }
    }

    /// Lines of code, without comments and without the tests at a file's end.
    fn code(text: &str) -> impl Iterator<Item = &str> {
        let end = text.find("#[cfg(all(test").or(text.find("#[cfg(test)]"));
        text[..end.unwrap_or(text.len())]
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
    }

    /// A lock that nobody covers at fork is found here; see Note [Locks and
    /// fork] in [`crate::sync::mutex`].
    #[test]
    fn no_lock_of_the_sources_is_unknown() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        sources(&root, &mut files);
        assert!(files.len() > 100);
        let mut made = 0;
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let name = file.strip_prefix(&root).unwrap().to_str().unwrap();
            if ALLOWED.contains(&name) {
                continue;
            }
            for line in code(&text) {
                for stranger in STRANGERS {
                    assert!(!line.contains(stranger), "{name}: {line}");
                }
                made += line.matches("covered(").count();
            }
        }
        let locks: usize = ROOMS.iter().map(|room| room.locks.len()).sum();
        assert_eq!(made, locks, "locks made, and locks that a room has");
    }

    #[cfg(debug_assertions)]
    #[test]
    fn locks_are_taken_in_order_and_only_if_they_are_known() {
        static EARLY: Mutex<()> = covered(Rank::Pool, ());
        static LATE: Mutex<()> = covered(Rank::Told, ());
        mutex::lock_all(&ROOMS);
        mutex::unlock_all(&ROOMS);
        drop((EARLY.lock(), LATE.lock()));
        let out_of_order = panic::catch_unwind(|| {
            let _late = LATE.lock();
            drop(EARLY.lock());
        });
        assert!(out_of_order.is_err());
        // No room has it: it is a rank of teams' locks.
        static UNKNOWN: Mutex<()> = covered(Rank::Queue, ());
        assert!(panic::catch_unwind(|| drop(UNKNOWN.lock())).is_err());
    }
}
