//! `fork`: the child starts afresh.
//!
//! Only the forking thread lives on in the child. It becomes the initial thread there, in an
//! initial team of its own, with the ICVs of the task in which it forked. The next region
//! builds a new pool. Records and teams of the parent that were in use are left alone,
//! whatever their state is, and are never used again.
//!
//! This file knows all rooms with locks or counts. Each room says in its `AT_FORK` which
//! locks are taken before the fork, and what happens in the child. [`crate::start`] installs
//! the handlers when the library is loaded. The rules for locks are Note [Locks and fork] in
//! [`crate::sync::mutex`].
//!
//! Something that is made lazily must not stay half made in the child. So it is either an
//! atomic that every thread may compute, or a [`crate::sync::made`].
//!
//! # Note [Returning in the child]
//!
//! The thread may have forked deep inside of things that began in the parent: regions, a
//! worker's loop, tasks that it executed in a wait, and waits in those tasks. From the fork
//! on, the thread is in its own initial team in the child, and meets the constructs of that
//! team. When it returns to something that began in the parent, that is over at once, and
//! the thread stays in its initial team:
//!
//! - A region's join returns, because no member will arrive. So does a barrier or another
//!   wait of the parent in which the thread executed the task that forked.
//! - A task whose body returns is not completed: the parent completes it. The event of a
//!   detached task can still be fulfilled, which does nothing.
//! - A loop, `sections` or `taskloop` that was under way: the thread executes what the
//!   runtime has dealt out, and the runtime deals out no more.
//! - A worker's thread ends. The process then ends with status 0, like any process whose
//!   last thread ends.
//!
//! The rest of the parent (teams, tasks, groups, their memory) is never touched again. Each
//! place finds in its own way that it has returned to something of the parent. A region
//! knows the [`generation`](process::generation) in which it began. A wait that helps
//! compares the generation with the one before. An explicit task is marked
//! ([`Task::abandon`](crate::team::task::Task::abandon)): the handler marks the task in
//! which the thread forked, and the thread marks the task around it when it returns there,
//! and so on. So calling a task's body costs nothing more.
//!
//! # Note [What the child can use]
//!
//! A child may fork the next child, and so on. If nothing were used again, the last child
//! would keep the memory of all its ancestors. The child can use what was at rest before the
//! fork, or what the forking thread can bring to rest for the fork:
//!
//! - Free records with their free teams of one. Their list is locked.
//! - The thread's own free teams of one, and its initial team if nothing is under way there.
//! - The pool's teams, if no region uses any of them. The forking thread claims them all
//!   (`AT_FORK` of [`pool`]) for the time of the fork, so that no region begins in one.
//!   Their workers then wait for messages. No worker is the helper of another region, since
//!   no region has several threads. So the workers' records are free in the child.
//!
//! If a region uses one of the pool's teams, the child leaves all of them alone: a waiting
//! worker may be the helper of that region. Looking at the worker in the child would not
//! help, because the child's memory shows the parent at many moments, one for each page
//! when the system came to it. A waiting thread may have half done something (it sleeps,
//! wakes, or wants to enrol as a helper). The child forgets that:
//! [`Team::inherit`](crate::team::region::Team::inherit),
//! [`Thread::outlived`](crate::team::thread::Thread::outlived).

use crate::ompt::start as tool;
use crate::parallel::pool;
use crate::sync::mutex::{self, AtFork};
use crate::sync::{fence, process};
use crate::team::{register, task_memory, threadprivate};
use crate::trace::recorder;
use crate::{host, icv, memory, messages, waiting};

/// All rooms, in the order of their locks' [`Rank`](mutex::Rank)s. The register of threads
/// comes last: the record of the child's one thread starts afresh in what the other rooms
/// have left.
static ROOMS: [&AtFork; 16] = [
    &pool::AT_FORK,
    &register::RECORDS_AT_FORK,
    &icv::defaults::AT_FORK,
    &icv::affinity_format::AT_FORK,
    &task_memory::AT_FORK,
    &threadprivate::AT_FORK,
    &memory::fortran::AT_FORK,
    &memory::pinned::AT_FORK,
    &recorder::AT_FORK,
    &messages::AT_FORK,
    &fence::AT_FORK,
    &waiting::AT_FORK,
    &host::AT_FORK,
    &waiting::migrate::AT_FORK,
    &tool::AT_FORK,
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
    // SAFETY: the handlers live as long as the program. They take and release locks, and
    // change statics and the forking thread's record.
    unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sync::mutex::{covered, Mutex, Rank};
    use std::path::{Path, PathBuf};
    use std::{fs, panic};

    /// Things that wait, or that are made lazily, in a way that the handlers do not know.
    const UNKNOWN_TO_FORK: [&str; 19] = [
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

    /// The files that may use them: the futex and the locks themselves.
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

    /// Finds a lock that no room covers at `fork`; see Note [Locks and fork] in
    /// [`crate::sync::mutex`].
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
                for unknown in UNKNOWN_TO_FORK {
                    assert!(!line.contains(unknown), "{name}: {line}");
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
        // No room has this lock: its rank is for the locks of teams.
        static UNKNOWN: Mutex<()> = covered(Rank::Queue, ());
        assert!(panic::catch_unwind(|| drop(UNKNOWN.lock())).is_err());
    }
}
