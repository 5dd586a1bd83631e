//! Variables of LLVM's and Intel's runtimes (`KMP_*`), and settings that go by their names.
//!
//! Variables that have a counterpart in the specification are translated into it before the
//! environment is read; [`crate::affinity::kmp`] does so for `KMP_AFFINITY` and
//! `KMP_HW_SUBSET`. They count in every program, whatever compiler made it: LLVM's runtime
//! takes them in programs of GCC's, too, and a process may have parts of both. The
//! specification's variable overrules its counterpart here: who sets it means all runtimes.
//!
//! The other variables of LLVM's runtime choose among ways of its own. Some of them mean
//! something to the program: its sizes, its places. Those are told of where the library is
//! loaded by a name of LLVM's. Elsewhere the same environment may be meant for other programs,
//! so they are told only to a user who asks for the settings or for warnings
//! (`OMP_DISPLAY_ENV`, `KMP_SETTINGS`, `KMP_WARNINGS`). Unknown names are ignored.
//!
//! A program with raised rights takes none of them.

use crate::affinity::cpuset::CpuSet;
use crate::affinity::kmp::{self, Binding};
use crate::affinity::places;
use crate::icv::fallback::DEFAULT_PAUSES;
use crate::icv::parse::{self, Parsed};
use crate::icv::types::ACTIVE_SPINS;
use crate::messages::excerpt;
use std::collections::BTreeMap;
use std::path::Path;

/// What becomes of a variable of LLVM's runtime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Use {
    /// It is taken.
    Taken,
    /// It would change nothing that a program can see.
    WithoutEffect,
    /// It would change the sizes or the places of teams, but it is not taken.
    NotTaken(&'static str),
}
use Use::{NotTaken, Taken, WithoutEffect};

/// The variables.
const VARIABLES: [(&str, Use); 53] = [
    ("KMP_AFFINITY", Taken),
    ("KMP_ALL_THREADS", Taken),
    ("KMP_BLOCKTIME", Taken),
    ("KMP_DEVICE_THREAD_LIMIT", Taken),
    ("KMP_HW_SUBSET", Taken),
    ("KMP_LIBRARY", Taken),
    ("KMP_PLACE_THREADS", Taken),
    ("KMP_SETTINGS", Taken),
    ("KMP_STACKSIZE", Taken),
    ("KMP_VERSION", Taken),
    ("KMP_WARNINGS", Taken),
    (
        "KMP_DYNAMIC_MODE",
        NotTaken("a team gets fewer threads in one way (see OMP_DYNAMIC)"),
    ),
    (
        "KMP_NESTING_MODE",
        NotTaken("set OMP_MAX_ACTIVE_LEVELS and OMP_NUM_THREADS"),
    ),
    ("KMP_SCHEDULE", NotTaken("set OMP_SCHEDULE")),
    (
        "KMP_TEAMS_PROC_BIND",
        NotTaken("the teams of a league run one after another"),
    ),
    (
        "KMP_TEAMS_THREAD_LIMIT",
        NotTaken("set OMP_TEAMS_THREAD_LIMIT"),
    ),
    ("KMP_ABORT_DELAY", WithoutEffect),
    ("KMP_ADAPTIVE_LOCK_PROPS", WithoutEffect),
    ("KMP_ALIGN_ALLOC", WithoutEffect),
    ("KMP_ALL_THREADPRIVATE", WithoutEffect),
    ("KMP_ATOMIC_MODE", WithoutEffect),
    ("KMP_CONSISTENCY_CHECK", WithoutEffect),
    ("KMP_CPUINFO_FILE", WithoutEffect),
    ("KMP_DETERMINISTIC_REDUCTION", WithoutEffect),
    ("KMP_DISP_NUM_BUFFERS", WithoutEffect),
    ("KMP_DUPLICATE_LIB_OK", WithoutEffect),
    ("KMP_ENABLE_TASK_THROTTLING", WithoutEffect),
    ("KMP_FORCE_MONOTONIC_DYNAMIC_SCHEDULE", WithoutEffect),
    ("KMP_FORCE_REDUCTION", WithoutEffect),
    ("KMP_FOREIGN_THREADS_THREADPRIVATE", WithoutEffect),
    ("KMP_FORKJOIN_BARRIER", WithoutEffect),
    ("KMP_FORKJOIN_BARRIER_PATTERN", WithoutEffect),
    ("KMP_GTID_MODE", WithoutEffect),
    ("KMP_HANDLE_SIGNALS", WithoutEffect),
    ("KMP_HIDDEN_HELPER_AFFINITY", WithoutEffect),
    ("KMP_HOT_TEAMS_MAX_LEVEL", WithoutEffect),
    ("KMP_HOT_TEAMS_MODE", WithoutEffect),
    ("KMP_INHERIT_FP_CONTROL", WithoutEffect),
    ("KMP_INIT_AT_FORK", WithoutEffect),
    ("KMP_LOAD_BALANCE_INTERVAL", WithoutEffect),
    ("KMP_LOCK_KIND", WithoutEffect),
    ("KMP_MALLOC_POOL_INCR", WithoutEffect),
    ("KMP_NUM_LOCKS_IN_BLOCK", WithoutEffect),
    ("KMP_PLAIN_BARRIER", WithoutEffect),
    ("KMP_PLAIN_BARRIER_PATTERN", WithoutEffect),
    ("KMP_REDUCTION_BARRIER", WithoutEffect),
    ("KMP_REDUCTION_BARRIER_PATTERN", WithoutEffect),
    ("KMP_SPIN_BACKOFF_PARAMS", WithoutEffect),
    ("KMP_STACKOFFSET", WithoutEffect),
    ("KMP_TASKING", WithoutEffect),
    ("KMP_TASKLOOP_MIN_TASKS", WithoutEffect),
    ("KMP_TASK_STEALING_CONSTRAINT", WithoutEffect),
    ("KMP_USE_YIELD", WithoutEffect),
];

/// Whether a variable of LLVM's runtime would change nothing here.
pub fn is_without_effect(name: &str) -> bool {
    VARIABLES.contains(&(name, WithoutEffect))
}

/// How long waits spin before they sleep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Blocktime {
    micros: u64,
}

impl Blocktime {
    /// Waits do not sleep.
    pub const FOR_EVER: Blocktime = Blocktime { micros: u64::MAX };

    /// So many milliseconds, from 0; the greatest number is for ever.
    pub fn of_ms(ms: i32) -> Blocktime {
        match ms {
            i32::MAX => Blocktime::FOR_EVER,
            _ => Blocktime {
                micros: ms.max(0) as u64 * 1000,
            },
        }
    }

    /// The milliseconds; the greatest number for ever.
    pub fn ms(self) -> i32 {
        i32::try_from(self.micros / 1000).unwrap_or(i32::MAX)
    }

    /// About as many pauses.
    pub fn pauses(self) -> u64 {
        match self {
            Blocktime::FOR_EVER => ACTIVE_SPINS,
            // So many pauses take a millisecond.
            _ => self.micros.saturating_mul(DEFAULT_PAUSES) / 1000,
        }
    }
}

/// `KMP_BLOCKTIME`: milliseconds, or with `us` microseconds; or `infinite`.
pub fn blocktime(text: &str) -> Parsed<Blocktime> {
    const WANTED: &str = "a time (an integer, then ms or us) or infinite";
    let text = text.trim().to_ascii_lowercase();
    if text == "infinite" || text == "infinity" {
        return Ok(Blocktime::FOR_EVER);
    }
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| WANTED)?;
    let micros = match unit.trim() {
        "" | "ms" => number.saturating_mul(1000),
        "us" => number,
        _ => return Err(WANTED),
    };
    // As in LLVM's runtime, where it must fit a C int.
    Ok(if micros >= i32::MAX as u64 {
        Blocktime::FOR_EVER
    } else {
        Blocktime { micros }
    })
}

/// `KMP_STACKSIZE`: as `OMP_STACKSIZE`, but bytes if no letter follows. What is too small
/// counts as the least size.
pub fn stack_size(text: &str) -> Parsed<usize> {
    let text = text.trim();
    let bytes = if text.ends_with(|c: char| c.is_ascii_digit()) {
        format!("{text}B")
    } else {
        text.into()
    };
    let least = libc::PTHREAD_STACK_MIN;
    match parse::stack_size(&bytes) {
        Err(_) if text.parse().is_ok_and(|bytes: usize| bytes < least) => Ok(least),
        parsed => parsed,
    }
}

/// A switch: anything that begins like a word for true or false.
pub fn switch(text: &str) -> Parsed<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "on" | "yes" | "y" | "enabled" | ".true." | ".t." => Ok(true),
        "0" | "false" | "f" | "off" | "no" | "n" | "disabled" | ".false." | ".f." => Ok(false),
        _ => Err("true or false"),
    }
}

/// Whether the user wants no warnings (`KMP_WARNINGS`).
pub fn wants_no_warnings(variables: &BTreeMap<String, String>) -> bool {
    let wish = variables.get("KMP_WARNINGS");
    wish.is_some_and(|text| switch(text) == Ok(false))
}

/// Whether the user wants to know the version (`KMP_VERSION`).
pub fn wants_version(variables: &BTreeMap<String, String>) -> bool {
    let wish = variables.get("KMP_VERSION");
    wish.is_some_and(|text| switch(text) == Ok(true))
}

/// Adds the counterparts of variables that are given, on a machine with so many processors.
/// Adds a complaint for each bad value. `is_libomp`: whether the library stands for LLVM's, so
/// that the variables are meant for it.
pub fn translate(
    variables: &mut BTreeMap<String, String>,
    processors: usize,
    is_libomp: bool,
    complaints: &mut Vec<String>,
) {
    if !variables.keys().any(|name| name.starts_with("KMP_")) {
        return;
    }
    let given = variables.clone();
    for (name, text) in &given {
        let (counterpart, value) = match name.as_str() {
            "KMP_STACKSIZE" if !given.contains_key("GOMP_STACKSIZE") => {
                let size = stack_size(text).map(|bytes| format!("{bytes}B"));
                ("OMP_STACKSIZE", size)
            }
            "KMP_DEVICE_THREAD_LIMIT" | "KMP_ALL_THREADS" => {
                let limit = match text.trim().eq_ignore_ascii_case("all") {
                    true => Ok(processors as u32),
                    false => parse::positive(text).map_err(|_| "a positive integer or all"),
                };
                ("OMP_THREAD_LIMIT", limit.map(|limit| limit.to_string()))
            }
            "KMP_LIBRARY" => match text.trim().to_ascii_lowercase().as_str() {
                "serial" => ("OMP_NUM_THREADS", Ok("1".into())),
                "turnaround" | "active" if !given.contains_key("KMP_BLOCKTIME") => {
                    ("OMP_WAIT_POLICY", Ok("active".into()))
                }
                "turnaround" | "active" | "throughput" | "passive" => continue,
                _ => ("", Err("serial, turnaround or throughput")),
            },
            "KMP_SETTINGS" => match switch(text) {
                Ok(false) => continue,
                other => ("OMP_DISPLAY_ENV", other.map(|_| "verbose".into())),
            },
            _ => continue,
        };
        match value {
            Ok(value) => {
                variables.entry(counterpart.into()).or_insert(value);
            }
            Err(wanted) => {
                let text = excerpt(text);
                complaints.push(format!(
                    "Invalid value for environment variable {name}: {text} is not {wanted}; ignored"
                ));
            }
        }
    }
    let asks = |name: &str| given.get(name).is_some_and(|text| switch(text) == Ok(true));
    let displays = variables
        .get("OMP_DISPLAY_ENV")
        .is_some_and(|text| !text.trim().eq_ignore_ascii_case("false"));
    if is_libomp || displays || asks("KMP_WARNINGS") {
        for (name, becomes) in VARIABLES {
            if let (NotTaken(why), true) = (becomes, given.contains_key(name)) {
                complaints.push(format!("{name} is not used by this runtime: {why}"));
            }
        }
    }
}

/// The processors of `mask` that `KMP_HW_SUBSET` leaves, if it is given.
pub fn subset(
    variables: &BTreeMap<String, String>,
    mask: &CpuSet,
    system: &Path,
    complaints: &mut Vec<String>,
) -> Option<CpuSet> {
    let names = ["KMP_HW_SUBSET", "KMP_PLACE_THREADS"];
    let (name, text) = names
        .iter()
        .find_map(|&name| Some((name, variables.get(name)?)))?;
    kmp::subset(text, mask, system)
        .map_err(|why| complaints.push(unusable(name, text, &why)))
        .ok()
}

/// Adds what `KMP_AFFINITY` stands for, on the processors of `mask`: places, and how threads
/// are bound. The variables of OpenMP and of libgomp for that overrule it.
pub fn place(
    variables: &mut BTreeMap<String, String>,
    mask: &CpuSet,
    system: &Path,
    complaints: &mut Vec<String>,
) {
    const NAME: &str = "KMP_AFFINITY";
    let Some(text) = variables.get(NAME).cloned() else {
        return;
    };
    let wish = match kmp::affinity(&text, mask, system) {
        Ok(wish) => wish,
        Err(why) => return complaints.push(unusable(NAME, &text, &why)),
    };
    for part in wish.not_done {
        complaints.push(format!("{NAME}: {part} is not used by this runtime"));
    }
    let mut to = |name: &str, value: String| {
        variables.entry(name.into()).or_insert(value);
    };
    if wish.verbose {
        to("OMP_DISPLAY_AFFINITY", "true".into());
    }
    let overruling = [
        "OMP_PLACES",
        "OMP_PROC_BIND",
        "OMP_PROC_BIND_ALL",
        "GOMP_CPU_AFFINITY",
    ];
    let (Some(binding), false) = (
        wish.binding,
        overruling.iter().any(|&name| variables.contains_key(name)),
    ) else {
        return;
    };
    let mut to = |name: &str, value: String| variables.insert(name.into(), value);
    match binding {
        Binding::Nowhere => {
            to("OMP_PROC_BIND", "false".into());
        }
        Binding::InOrder(places) => {
            to("OMP_PLACES", places::text(&places));
            to("OMP_PROC_BIND", "close".into());
        }
        Binding::Spread(places) => {
            to("OMP_PLACES", places::text(&places));
            to("OMP_PROC_BIND", "spread".into());
        }
    }
}

/// A complaint about a value that cannot be used.
fn unusable(name: &str, text: &str, why: &str) -> String {
    let text = excerpt(text);
    format!("Invalid value for environment variable {name}: {text}: {why}; ignored")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(blocktime(" 200 "), Ok(Blocktime::of_ms(200)));
        assert_eq!(blocktime("200ms").map(Blocktime::ms), Ok(200));
        assert_eq!(blocktime("1500 us").map(Blocktime::ms), Ok(1));
        assert_eq!(blocktime("0").map(Blocktime::pauses), Ok(0));
        assert_eq!(
            blocktime("2").map(Blocktime::pauses),
            Ok(2 * DEFAULT_PAUSES)
        );
        assert_eq!(blocktime("Infinite"), Ok(Blocktime::FOR_EVER));
        assert_eq!(blocktime("999999999999999999"), Ok(Blocktime::FOR_EVER));
        assert_eq!(Blocktime::of_ms(i32::MAX).ms(), i32::MAX);
        for bad in ["", "-1", "x", "5s", "ms", "99999999999999999999"] {
            assert!(blocktime(bad).is_err(), "{bad:?}");
        }
    }

    fn translated(pairs: &[(&str, &str)]) -> (Vec<String>, usize) {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        let mut variables: BTreeMap<String, String> = pairs.collect();
        let mut complaints = Vec::new();
        translate(&mut variables, 6, false, &mut complaints);
        variables.retain(|name, _| !name.starts_with("KMP_"));
        let shown = variables
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        (shown.collect(), complaints.len())
    }

    #[test]
    fn counterparts() {
        let check = |given: &[(&str, &str)], expected: &[&str], complaints: usize| {
            let expected = expected.iter().map(|text| text.to_string()).collect();
            assert_eq!(translated(given), (expected, complaints), "{given:?}");
        };
        check(&[], &[], 0);
        check(&[("KMP_STACKSIZE", "4m")], &["OMP_STACKSIZE=4194304B"], 0);
        check(
            &[("KMP_STACKSIZE", "262144")],
            &["OMP_STACKSIZE=262144B"],
            0,
        );
        check(&[("KMP_STACKSIZE", "x")], &[], 1);
        check(
            &[("KMP_STACKSIZE", "8m"), ("OMP_STACKSIZE", "1m")],
            &["OMP_STACKSIZE=1m"],
            0,
        );
        check(&[("KMP_ALL_THREADS", "all")], &["OMP_THREAD_LIMIT=6"], 0);
        check(
            &[("KMP_DEVICE_THREAD_LIMIT", "3")],
            &["OMP_THREAD_LIMIT=3"],
            0,
        );
        check(&[("KMP_DEVICE_THREAD_LIMIT", "0")], &[], 1);
        check(&[("KMP_LIBRARY", "serial")], &["OMP_NUM_THREADS=1"], 0);
        check(
            &[("KMP_LIBRARY", "Turnaround")],
            &["OMP_WAIT_POLICY=active"],
            0,
        );
        check(
            &[("KMP_LIBRARY", "turnaround"), ("KMP_BLOCKTIME", "1")],
            &[],
            0,
        );
        check(&[("KMP_LIBRARY", "bookshelf")], &[], 1);
        check(&[("KMP_SETTINGS", "1")], &["OMP_DISPLAY_ENV=verbose"], 0);
        check(&[("KMP_SETTINGS", "0"), ("KMP_UNKNOWN", "?")], &[], 0);
        // Told only if somebody asks.
        check(&[("KMP_NESTING_MODE", "1")], &[], 0);
        check(&[("KMP_NESTING_MODE", "1"), ("KMP_WARNINGS", "1")], &[], 1);
        check(
            &[
                ("KMP_SCHEDULE", "static,greedy"),
                ("OMP_DISPLAY_ENV", "true"),
            ],
            &["OMP_DISPLAY_ENV=true"],
            1,
        );
    }
}
