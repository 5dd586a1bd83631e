//! Internal control variables (OpenMP 5.2, 2) and where they come from.
//!
//! - [`parse`]: the texts of `OMP_*`, purely.
//! - [`cpus`]: the processors this process may use.
//!
//! [`Icv`] is the part that each data environment has a copy of; [`Globals`]
//! is what is read once from the environment.

pub mod cpus;
pub mod parse;

use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::OnceLock;

/// The most nested active levels; `omp_get_supported_active_levels()`.
pub const SUPPORTED_ACTIVE_LEVELS: u32 = 255;

/// `omp_sched_t`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// Iterations are dealt out before the loop starts.
    Static = 1,
    /// Whoever is free takes the next chunk.
    Dynamic = 2,
    /// The same with shrinking chunks.
    Guided = 3,
    /// The runtime chooses (static).
    Auto = 4,
}

impl Kind {
    /// From the value of `omp_sched_t`, without its modifier bit.
    pub fn from_omp(value: u32) -> Option<Kind> {
        [Kind::Static, Kind::Dynamic, Kind::Guided, Kind::Auto]
            .into_iter()
            .find(|&kind| kind as u32 == value)
    }
}

/// `run-sched-var`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// The kind.
    pub kind: Kind,
    /// Whether a thread's chunks must come in increasing order.
    pub monotonic: bool,
    /// Iterations per chunk; 0 for the default (blocks for static, else 1).
    pub chunk: i32,
}

/// The ICVs of one data environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Icv {
    /// `nthreads-var`; 0 when nobody said.
    pub nthreads: u32,
    /// `thread-limit-var`; `u32::MAX` when there is none.
    pub thread_limit: u32,
    /// `max-active-levels-var`.
    pub max_active_levels: u32,
    /// `dyn-var`; `None` when nobody said (then the host decides).
    pub dynamic: Option<bool>,
    /// `run-sched-var`.
    pub schedule: Schedule,
}

/// `OMP_WAIT_POLICY`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitPolicy {
    /// Waiting threads keep their processor.
    Active,
    /// Waiting threads sleep.
    Passive,
}

/// What the environment said when the process first met OpenMP.
#[derive(Debug)]
pub struct Globals {
    /// The ICVs of initial tasks.
    pub initial: Icv,
    /// `OMP_NUM_THREADS`: team sizes by nesting level.
    pub nthreads_list: Vec<u32>,
    /// `OMP_STACKSIZE` in bytes.
    pub stack_size: Option<usize>,
    /// `OMP_WAIT_POLICY`.
    pub wait_policy: Option<WaitPolicy>,
    /// `GOMP_SPINCOUNT`.
    pub spin_count: Option<u64>,
}

/// The environment, read at the first call; bad values are told on stderr.
pub fn globals() -> &'static Globals {
    static GLOBALS: OnceLock<Globals> = OnceLock::new();
    GLOBALS.get_or_init(|| {
        let mut warnings = Vec::new();
        let globals = read(|name| std::env::var_os(name).map(lossy), &mut warnings);
        for warning in warnings {
            tell(warning);
        }
        globals
    })
}

/// The ICVs that initial tasks start with, and how often they were changed
/// since the start: the environment's, or what the host's language set for the
/// whole process.
static DEFAULTS: Mutex<Option<Icv>> = Mutex::new(None);
static CHANGES: AtomicU32 = AtomicU32::new(0);

/// The ICVs of new initial tasks.
pub fn defaults() -> Icv {
    DEFAULTS.lock().unwrap_or(globals().initial)
}

/// How often [`change_defaults`] was called; initial tasks that have seen
/// fewer changes take the defaults again when they start a region.
#[inline]
pub fn changes() -> u32 {
    CHANGES.load(Ordering::Relaxed)
}

/// Changes the ICVs of all initial tasks, present and to come.
pub fn change_defaults(change: impl FnOnce(&mut Icv)) {
    let mut defaults = DEFAULTS.lock();
    let mut icv = defaults.unwrap_or(globals().initial);
    change(&mut icv);
    *defaults = Some(icv);
    CHANGES.fetch_add(1, Ordering::Relaxed);
}

fn lossy(text: std::ffi::OsString) -> String {
    text.to_string_lossy().into_owned()
}

/// Writes the line `ghcomp: <text>` to stderr, at once, so that the lines of
/// other threads and processes do not get into it. A stderr that takes nothing
/// (closed pipe, full disk) is no reason to end the program.
pub fn tell(text: impl Display) {
    let line = format!("ghcomp: {text}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Prints `ghcomp: <text>` the first time that it is called for `what`.
pub fn warn_once(what: &'static str, text: impl FnOnce() -> String) {
    static TOLD: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    if TOLD.lock().insert(what) {
        tell(text());
    }
}

/// The settings that `get` tells of, and a warning for each bad value.
pub fn read(get: impl Fn(&str) -> Option<String>, warnings: &mut Vec<String>) -> Globals {
    let mut from = Reader {
        get: &get,
        warnings,
    };
    let nthreads_list = from
        .value(
            "OMP_NUM_THREADS",
            "the default team size",
            parse::thread_list,
        )
        .unwrap_or_default();
    let schedule = from
        .value("OMP_SCHEDULE", "dynamic,1", parse::schedule)
        .unwrap_or(Schedule {
            kind: Kind::Dynamic,
            monotonic: false,
            chunk: 1,
        });
    let dynamic = from.value("OMP_DYNAMIC", "the host's default", parse::boolean);
    let bind_levels = from
        .value("OMP_PROC_BIND", "false", parse::proc_bind_levels)
        .unwrap_or(0);
    // As in libgomp (OpenMP 5.2, 21.1): who says something about several levels
    // means to have them; OMP_NESTED overrules that, OMP_MAX_ACTIVE_LEVELS both.
    let lists = nthreads_list.len() > 1 || bind_levels > 1;
    let nested = from
        .value(
            "OMP_NESTED",
            if lists { "true" } else { "false" },
            parse::boolean,
        )
        .unwrap_or(lists);
    let implied = if nested { SUPPORTED_ACTIVE_LEVELS } else { 1 };
    let levels = from.value("OMP_MAX_ACTIVE_LEVELS", &implied.to_string(), parse::levels);
    let thread_limit = from
        .value("OMP_THREAD_LIMIT", "no limit", parse::positive)
        .unwrap_or(u32::MAX);
    let system_stack = "the system's default";
    let other_stack = match get("GOMP_STACKSIZE") {
        Some(_) => "GOMP_STACKSIZE",
        None => system_stack,
    };
    let stack_size = from
        .value("OMP_STACKSIZE", other_stack, parse::stack_size)
        .or_else(|| from.value("GOMP_STACKSIZE", system_stack, parse::stack_size));
    let wait_policy = from.value(
        "OMP_WAIT_POLICY",
        "a short spin and then sleep",
        parse::wait_policy,
    );
    let spin_count = from.value(
        "GOMP_SPINCOUNT",
        "the wait policy's count",
        parse::spin_count,
    );
    Globals {
        initial: Icv {
            nthreads: nthreads_list.first().copied().unwrap_or(0),
            thread_limit,
            max_active_levels: levels.unwrap_or(implied),
            dynamic,
            schedule,
        },
        nthreads_list,
        stack_size,
        wait_policy,
        spin_count,
    }
}

struct Reader<'a, G: Fn(&str) -> Option<String>> {
    get: &'a G,
    warnings: &'a mut Vec<String>,
}

impl<G: Fn(&str) -> Option<String>> Reader<'_, G> {
    /// The value of a variable, or `None` when it is unset or bad; `instead`
    /// says what is used then.
    fn value<T>(
        &mut self,
        name: &str,
        instead: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let text = (self.get)(name)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(wanted) => {
                // `{:?}` keeps a text with line ends on one line.
                self.warnings
                    .push(format!("{name}: {text:?} is not {wanted}; using {instead}"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(pairs: &[(&str, &str)]) -> (Globals, Vec<String>) {
        let mut warnings = Vec::new();
        let get = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_string())
        };
        let globals = read(get, &mut warnings);
        (globals, warnings)
    }

    #[test]
    fn nothing_said() {
        let (globals, warnings) = read_from(&[]);
        assert!(warnings.is_empty());
        assert_eq!(globals.initial.nthreads, 0);
        assert_eq!(globals.initial.max_active_levels, 1);
        assert_eq!(globals.initial.dynamic, None);
        assert_eq!(globals.initial.thread_limit, u32::MAX);
    }

    #[test]
    fn nesting_is_implied_and_overruled() {
        let levels = |pairs: &[_]| read_from(pairs).0.initial.max_active_levels;
        assert_eq!(levels(&[("OMP_NESTED", "true")]), SUPPORTED_ACTIVE_LEVELS);
        assert_eq!(
            levels(&[("OMP_NUM_THREADS", "4,2")]),
            SUPPORTED_ACTIVE_LEVELS
        );
        assert_eq!(
            levels(&[("OMP_NUM_THREADS", "4,2"), ("OMP_MAX_ACTIVE_LEVELS", "1")]),
            1
        );
        assert_eq!(
            levels(&[("OMP_NESTED", "true"), ("OMP_MAX_ACTIVE_LEVELS", "3")]),
            3
        );
        assert_eq!(levels(&[("OMP_MAX_ACTIVE_LEVELS", "0")]), 0);
        assert_eq!(
            levels(&[("OMP_PROC_BIND", "spread,close")]),
            SUPPORTED_ACTIVE_LEVELS
        );
        assert_eq!(levels(&[("OMP_PROC_BIND", "spread")]), 1);
        assert_eq!(
            levels(&[("OMP_NUM_THREADS", "4,2"), ("OMP_NESTED", "false")]),
            1
        );
        assert_eq!(
            levels(&[("OMP_NUM_THREADS", "4,2"), ("OMP_NESTED", "maybe")]),
            SUPPORTED_ACTIVE_LEVELS
        );
    }

    #[test]
    fn two_names_of_the_stack_size() {
        let size = |pairs: &[_]| {
            let (globals, warnings) = read_from(pairs);
            (globals.stack_size, warnings)
        };
        let (one, other) = (("OMP_STACKSIZE", "1M"), ("GOMP_STACKSIZE", "2M"));
        assert_eq!(size(&[one, other]), (Some(1 << 20), vec![]));
        assert_eq!(size(&[other]), (Some(2 << 20), vec![]));
        let (found, warnings) = size(&[("OMP_STACKSIZE", "x"), other]);
        assert_eq!(found, Some(2 << 20));
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].ends_with("; using GOMP_STACKSIZE"));
    }

    #[test]
    fn a_warning_is_one_line() {
        let (_, warnings) = read_from(&[("OMP_DYNAMIC", "a\nb\t\u{1b}")]);
        assert_eq!(warnings.len(), 1);
        assert!(!warnings[0].contains(char::is_control), "{warnings:?}");
    }

    #[test]
    fn a_bad_value_is_told_once_and_not_taken() {
        let bad = [
            ("OMP_NUM_THREADS", "0"),
            ("OMP_SCHEDULE", "sometimes"),
            ("OMP_DYNAMIC", "perhaps"),
            ("OMP_NESTED", "2"),
            ("OMP_PROC_BIND", "true,close"),
            ("OMP_MAX_ACTIVE_LEVELS", "-1"),
            ("OMP_THREAD_LIMIT", ""),
            ("OMP_STACKSIZE", "4X"),
            ("GOMP_STACKSIZE", "1B"),
            ("OMP_WAIT_POLICY", "lazy"),
            ("GOMP_SPINCOUNT", "-"),
        ];
        for (name, value) in bad {
            let (globals, warnings) = read_from(&[(name, value)]);
            assert_eq!(warnings.len(), 1, "{name}: {warnings:?}");
            assert!(warnings[0].contains(name) && warnings[0].contains(&format!("\"{value}\"")));
            assert!(warnings[0].contains("; using "));
            let (default, _) = read_from(&[]);
            assert_eq!(format!("{globals:?}"), format!("{default:?}"), "{name}");
        }
    }
}
