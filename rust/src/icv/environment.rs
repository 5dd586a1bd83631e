//! The values that the environment gives (OpenMP 5.2, 21).
//!
//! A variable's value is for the host. A variable whose name ends in `_ALL` counts if the
//! variable itself is not given. `_DEV` and `_DEV_<number>` are for devices: such variables
//! are checked and displayed, and have no other effect.

use crate::affinity::bind::ProcBind;
use crate::affinity::cpuset::CpuSet;
use crate::affinity::settle::{settle, Affinity};
use crate::icv::allocator::{self, AllocatorSpec};
use crate::icv::device_numbers;
use crate::icv::kmp::{self, Blocktime};
use crate::icv::parse::{self, Parsed};
use crate::icv::types::{
    DisplayEnv, Icv, Schedule, ScheduleKind, TargetOffload, WaitPolicy, ACTIVE_SPINS,
    SUPPORTED_ACTIVE_LEVELS,
};
use crate::icv::variables::{taken_with_raised_rights, Suffix, VARIABLES};
use crate::memory::handle::DEFAULT_MEM;
use crate::messages::{excerpt, shortened};
use std::collections::BTreeMap;
use std::path::Path;

const DEFAULT_ALLOCATOR: &str = "omp_default_mem_alloc";

/// The environment's values when the process first used OpenMP.
#[derive(Debug)]
pub struct Globals {
    /// The ICVs of initial tasks.
    pub initial: Icv,
    /// `OMP_NUM_THREADS`: team sizes by nesting level.
    pub nthreads_list: Vec<u32>,
    /// `OMP_PROC_BIND`: binding by nesting level; empty if it is not given.
    pub bind_list: Vec<ProcBind>,
    /// `OMP_STACKSIZE` in bytes.
    pub stack_size: Option<usize>,
    /// `OMP_WAIT_POLICY`.
    pub wait_policy: Option<WaitPolicy>,
    /// `GOMP_SPINCOUNT`.
    pub spin_count: Option<u64>,
    /// `KMP_BLOCKTIME`.
    pub blocktime: Option<Blocktime>,
    /// `cancel-var`.
    pub cancellation: bool,
    /// `max-task-priority-var`.
    pub max_task_priority: i32,
    /// `target-offload-var`.
    pub target_offload: TargetOffload,
    /// `nteams-var`; 0 if it is not given.
    pub num_teams: u32,
    /// `teams-thread-limit-var`; 0 if it is not given.
    pub teams_thread_limit: u32,
    /// `def-allocator-var`, and its text; `None` for the default.
    pub allocator: Option<(AllocatorSpec, String)>,
    /// `display-affinity-var`.
    pub display_affinity: bool,
    /// Whether the affinity is displayed on stdout, as by libomp, and not on stderr, as by
    /// libgomp.
    pub affinity_on_stdout: bool,
    /// `OMP_AFFINITY_FORMAT`, if given.
    pub affinity_format: Option<String>,
    /// `GHCOMP_TRACE`: bits of [`crate::points`].
    pub trace: u32,
    /// `OMP_TOOL`: whether a tool is looked for.
    pub tool: bool,
    /// `OMP_TOOL_LIBRARIES`, if given.
    pub tool_libraries: Option<String>,
    /// `OMP_TOOL_VERBOSE_INIT`, if given.
    pub tool_verbose_init: Option<String>,
    /// `GHCOMP_MIGRATE`; see [`crate::waiting::migrate`].
    pub migrate: bool,
    /// `OMP_DISPLAY_ENV`.
    pub display_env: DisplayEnv,
    /// `place-list-var`, and what binding needs beside it.
    pub affinity: Affinity,
    /// The variables with a suffix, for the display.
    pub suffixed: Vec<Suffixed>,
}

/// A valid value of a variable with a suffix.
#[derive(PartialEq, Eq, Debug)]
pub struct Suffixed {
    /// The variable's name, without the suffix.
    pub variable: &'static str,
    /// The device that it is for: `all`, `device`, or a device's number.
    pub device: String,
    /// The value, in the display's form.
    pub value: String,
}

/// Keeps only what a program with raised rights takes, on a machine with `processors`
/// processors.
pub(crate) fn distrust(variables: &mut BTreeMap<String, String>, processors: usize) {
    variables.retain(|name, _| taken_with_raised_rights(name));
    if let Some(threads) = variables.get_mut("OMP_NUM_THREADS") {
        let first = parse::thread_list(threads).map_or(0, |list| list[0] as usize);
        *threads = first.min(processors).to_string();
    }
}

/// The values that the variables give. Adds a complaint for each bad value.
pub fn read(variables: &BTreeMap<String, String>, complaints: &mut Vec<String>) -> Globals {
    let mut from = Reader {
        variables,
        complaints,
    };
    let nthreads_list = from
        .host(
            "OMP_NUM_THREADS",
            "the default team size",
            parse::thread_list,
        )
        .unwrap_or_default();
    let schedule = from
        .host("OMP_SCHEDULE", "dynamic,1", parse::schedule)
        .unwrap_or(Schedule {
            kind: ScheduleKind::Dynamic,
            monotonic: false,
            chunk: 1,
        });
    let dynamic = from.host("OMP_DYNAMIC", "the host's default", parse::boolean);
    // `Globals::settle_places` complains of a bad value: what is used instead depends on
    // the places.
    let bind_list = Reader {
        variables,
        complaints: &mut Vec::new(),
    }
    .host("OMP_PROC_BIND", "", parse::proc_bind)
    .unwrap_or_default();
    // As in libgomp (OpenMP 5.2, 21.1): a list for several levels implies nesting.
    // OMP_NESTED overrules that, and OMP_MAX_ACTIVE_LEVELS overrules both.
    let lists = nthreads_list.len() > 1 || bind_list.len() > 1;
    let nested = from
        .value(
            "OMP_NESTED",
            if lists { "true" } else { "false" },
            parse::boolean,
        )
        .unwrap_or(lists);
    let implied = if nested { SUPPORTED_ACTIVE_LEVELS } else { 1 };
    let levels = from.host("OMP_MAX_ACTIVE_LEVELS", &implied.to_string(), parse::levels);
    let thread_limit = from
        .host("OMP_THREAD_LIMIT", "no limit", parse::thread_limit)
        .unwrap_or(u32::MAX);
    let target_offload = from
        .value("OMP_TARGET_OFFLOAD", "default", parse::target_offload)
        .unwrap_or(TargetOffload::Default);
    // As in libgomp: if offloading is mandatory and there is no device, the host does not
    // stand in.
    let no_device = match target_offload {
        TargetOffload::Mandatory => device_numbers::INVALID,
        _ => device_numbers::COUNT,
    };
    let instead = match no_device {
        device_numbers::INVALID => "no device",
        _ => "0",
    };
    let default_device = from
        .host("OMP_DEFAULT_DEVICE", instead, parse::natural)
        .unwrap_or(no_device);
    let allocator = from.value("OMP_ALLOCATOR", DEFAULT_ALLOCATOR, |text| {
        let spec = allocator::allocator(text)?;
        Ok((spec.handle()?, (spec, text.trim().to_string())))
    });
    Globals {
        initial: Icv {
            nthreads: nthreads_list.first().copied().unwrap_or(0),
            thread_limit,
            max_active_levels: levels.unwrap_or(implied),
            dynamic,
            bind: bind_list.first().copied().unwrap_or(ProcBind::False),
            schedule,
            default_device,
            allocator: allocator
                .as_ref()
                .map_or(DEFAULT_MEM, |&(handle, _)| handle),
        },
        nthreads_list,
        bind_list,
        stack_size: from.stack_size(),
        wait_policy: from.host(
            "OMP_WAIT_POLICY",
            "a short spin and then sleep",
            parse::wait_policy,
        ),
        spin_count: from.value(
            "GOMP_SPINCOUNT",
            "the wait policy's count",
            parse::spin_count,
        ),
        blocktime: from.value(
            "KMP_BLOCKTIME",
            "a short spin and then sleep",
            kmp::blocktime,
        ),
        cancellation: from
            .value("OMP_CANCELLATION", "false", parse::boolean)
            .unwrap_or(false),
        max_task_priority: from
            .value("OMP_MAX_TASK_PRIORITY", "0", parse::natural)
            .unwrap_or(0),
        target_offload,
        num_teams: from
            .host("OMP_NUM_TEAMS", "the default", parse::positive)
            .unwrap_or(0),
        teams_thread_limit: from
            .host("OMP_TEAMS_THREAD_LIMIT", "no limit", parse::positive)
            .unwrap_or(0),
        allocator: allocator.map(|(_, said)| said),
        display_affinity: from
            .value("OMP_DISPLAY_AFFINITY", "false", parse::boolean)
            .unwrap_or(false),
        affinity_on_stdout: false,
        affinity_format: variables.get("OMP_AFFINITY_FORMAT").cloned(),
        display_env: from
            .value("OMP_DISPLAY_ENV", "false", parse::display_env)
            .unwrap_or(DisplayEnv::False),
        trace: from
            .value("GHCOMP_TRACE", "none", parse::trace)
            .unwrap_or(0),
        tool: from
            .value("OMP_TOOL", "enabled", parse::enabled)
            .unwrap_or(true),
        tool_libraries: variables.get("OMP_TOOL_LIBRARIES").cloned(),
        tool_verbose_init: variables.get("OMP_TOOL_VERBOSE_INIT").cloned(),
        migrate: from
            .value("GHCOMP_MIGRATE", "true", parse::boolean)
            .unwrap_or(true),
        affinity: Affinity::default(),
        suffixed: from.suffixed(),
    }
}

/// The most pauses. It leaves [`spinning`](crate::icv::spinning) two numbers of its own.
pub(crate) const MAX_SPINS: u64 = u64::MAX - 2;

impl Globals {
    /// The pauses that a wait may spend, at most [`MAX_SPINS`]: by `GOMP_SPINCOUNT`, else by
    /// `OMP_WAIT_POLICY`, else by `KMP_BLOCKTIME`; `None` if none of them is given.
    pub fn spin_limit(&self) -> Option<u64> {
        let given = self.spin_count.or(match self.wait_policy {
            Some(WaitPolicy::Active) => Some(ACTIVE_SPINS),
            Some(WaitPolicy::Passive) => Some(0),
            None => self.blocktime.map(Blocktime::pauses),
        });
        given.map(|spins| spins.min(MAX_SPINS))
    }

    /// Finds the places on this machine that the environment asks for. If it does so
    /// without `OMP_PROC_BIND`, threads are bound to them.
    pub(crate) fn settle_places(
        &mut self,
        variables: &BTreeMap<String, String>,
        complaints: &mut Vec<String>,
    ) {
        let bind = self.bind_list.first().copied();
        let mask = CpuSet::of_thread();
        let places = settle(
            |name| variables.get(name).cloned(),
            bind,
            &mask,
            Path::new("/sys/devices/system"),
            &mut |complaint| complaints.push(complaint),
        );
        // As in libgomp: places without `OMP_PROC_BIND` imply binding.
        let mut instead = "false";
        if bind.is_none() && !places.is_empty() {
            self.initial.bind = ProcBind::True;
            instead = "true, because there are places";
        }
        Reader {
            variables,
            complaints,
        }
        .host("OMP_PROC_BIND", instead, parse::proc_bind);
        self.affinity = Affinity {
            has_proc_bind: bind.is_some(),
            places,
            mask,
        };
    }
}

/// Reads variables, and collects complaints.
struct Reader<'a> {
    variables: &'a BTreeMap<String, String>,
    complaints: &'a mut Vec<String>,
}

impl Reader<'_> {
    /// The value of a variable; `None` if it is not set, or bad. The complaint names
    /// `instead` as what is used then.
    fn value<T>(
        &mut self,
        name: &str,
        instead: &str,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Option<T> {
        debug_assert!(VARIABLES.iter().any(|known| name.starts_with(known.name)));
        let text = self.variables.get(name)?;
        match parse(text) {
            Ok(value) => Some(value),
            Err(wanted) => {
                let text = excerpt(text);
                self.complaints.push(format!(
                    "Invalid value for environment variable {name}: \
                     {text} is not {wanted}; using {instead}"
                ));
                None
            }
        }
    }

    /// The host's value of a variable that may have a suffix. If the variable with `_ALL`
    /// is bad, `suffixed` complains of it.
    fn host<T>(
        &mut self,
        name: &str,
        instead: &str,
        parse: impl Fn(&str) -> Parsed<T>,
    ) -> Option<T> {
        let all = format!("{name}_ALL");
        let fallback = self.variables.get(&all).and_then(|text| parse(text).ok());
        let instead = if fallback.is_some() { &all } else { instead };
        self.value(name, instead, parse).or(fallback)
    }

    /// `OMP_STACKSIZE`, else `GOMP_STACKSIZE`, else `OMP_STACKSIZE_ALL`.
    fn stack_size(&mut self) -> Option<usize> {
        let given = |name: &str| self.variables.contains_key(name);
        let default = "the system's default";
        let (gomp, all) = ("GOMP_STACKSIZE", "OMP_STACKSIZE_ALL");
        let after_gomp = if given(all) { all } else { default };
        let after_omp = if given(gomp) { gomp } else { after_gomp };
        self.value("OMP_STACKSIZE", after_omp, parse::stack_size)
            .or_else(|| self.value(gomp, after_gomp, parse::stack_size))
            .or_else(|| parse::stack_size(self.variables.get(all)?).ok())
    }

    /// The variables with a suffix. Complains of bad values, and of unknown suffixes.
    fn suffixed(&mut self) -> Vec<Suffixed> {
        let mut found = Vec::new();
        for (name, text) in self.variables {
            for variable in &VARIABLES {
                let Some(rest) = name.strip_prefix(variable.name) else {
                    continue;
                };
                let show = match variable.suffix {
                    Suffix::Shown(show) => show,
                    Suffix::Refused if !rest.is_empty() => {
                        self.odd_name(name, text);
                        continue;
                    }
                    Suffix::Refused | Suffix::Ignored => continue,
                };
                let device = match rest {
                    "" => continue,
                    "_ALL" => "all",
                    "_DEV" => "device",
                    suffix => match suffix.strip_prefix("_DEV_") {
                        Some(number) if is_device_number(number) => number,
                        Some(_) => {
                            self.complain(format!("Invalid device number in {name}={text}"));
                            continue;
                        }
                        None => {
                            self.odd_name(name, text);
                            continue;
                        }
                    },
                };
                if let Some(value) = self.value(name, "nothing", show) {
                    found.push(Suffixed {
                        variable: variable.name,
                        device: device.to_string(),
                        value,
                    });
                }
            }
        }
        found
    }

    /// Complains of a variable whose name is not one.
    fn odd_name(&mut self, name: &str, text: &str) {
        self.complain(format!("Invalid environment variable in {name}={text}"));
    }

    /// Adds a complaint. It is shortened, and line ends of a user's text are escaped.
    fn complain(&mut self, text: String) {
        let (text, rest) = shortened(&text);
        self.complaints
            .push(format!("{}{rest}", text.escape_debug()));
    }
}

/// A number in digits, without leading zeros, that fits a C int.
fn is_device_number(text: &str) -> bool {
    let number = text.parse::<i32>();
    number.is_ok_and(|number| number >= 0 && number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(pairs: &[(&str, &str)]) -> (Globals, Vec<String>) {
        let mut warnings = Vec::new();
        let variables = pairs
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        let globals = read(&variables.collect(), &mut warnings);
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
    fn a_warning_is_short() {
        let long = "\u{e9}\"".repeat(10_000);
        let (_, warnings) = read_from(&[("OMP_DYNAMIC", &long), ("OMP_DYNAMIC_DEVIL", &long)]);
        assert_eq!(warnings.len(), 2);
        assert!(warnings.iter().all(|text| text.len() < 500), "{warnings:?}");
    }

    /// An invalid `OMP_PROC_BIND`, as "cores" is, counts as none: places bind.
    #[test]
    fn a_bad_binding_is_told_with_what_is_used_instead() {
        let cpu = CpuSet::of_thread().first().expect("a processor");
        let (good, bad) = (format!("{{{cpu}}}"), "{".to_string());
        for (places, bind, instead) in [
            (None, ProcBind::False, "; using false"),
            (Some(bad), ProcBind::False, "; using false"),
            (
                Some(good),
                ProcBind::True,
                "; using true, because there are places",
            ),
        ] {
            let mut variables = BTreeMap::from([("OMP_PROC_BIND".into(), "cores".into())]);
            if let Some(places) = places {
                variables.insert("OMP_PLACES".into(), places);
            }
            let mut complaints = Vec::new();
            let mut globals = read(&variables, &mut complaints);
            globals.settle_places(&variables, &mut complaints);
            assert_eq!(globals.initial.bind, bind);
            let (told, _): (Vec<_>, Vec<_>) = complaints
                .iter()
                .partition(|text| text.contains("OMP_PROC_BIND"));
            assert!(told.len() == 1 && told[0].ends_with(instead), "{told:?}");
        }
    }

    #[test]
    fn raised_rights_take_little() {
        let taken = |threads: &str| {
            let mut variables: BTreeMap<String, String> = [
                ("OMP_NUM_THREADS", threads),
                ("OMP_NUM_THREADS_ALL", "7"),
                ("OMP_DYNAMIC", "true"),
                ("OMP_DISPLAY_ENV", "true"),
                ("OMP_STACKSIZE", "1T"),
                ("OMP_ALLOCATOR", "omp_default_mem_space:pinned=true"),
                ("GHCOMP_TRACE", "all"),
                ("GHCOMP_MIGRATE", "false"),
            ]
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .into();
            distrust(&mut variables, 4);
            assert_eq!(variables.remove("OMP_DYNAMIC").as_deref(), Some("true"));
            assert_eq!(variables.len(), 1);
            read(&variables, &mut Vec::new()).nthreads_list
        };
        assert_eq!(taken("3"), [3]);
        assert_eq!(taken("2147483647"), [4]);
        assert_eq!(taken("2,2,2,2"), [2]);
        assert_eq!(taken("2,x"), []);
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
            ("OMP_MAX_ACTIVE_LEVELS", "-1"),
            ("OMP_THREAD_LIMIT", ""),
            ("OMP_STACKSIZE", "4X"),
            ("GOMP_STACKSIZE", "1B"),
            ("OMP_WAIT_POLICY", "lazy"),
            ("GOMP_SPINCOUNT", "-"),
            ("OMP_CANCELLATION", "1"),
            ("OMP_MAX_TASK_PRIORITY", "-1"),
            ("OMP_TARGET_OFFLOAD", "never"),
            ("OMP_NUM_TEAMS", "0"),
            ("OMP_TEAMS_THREAD_LIMIT", "0"),
            ("OMP_DEFAULT_DEVICE", "-1"),
            ("OMP_ALLOCATOR", "malloc"),
            ("OMP_DISPLAY_AFFINITY", "verbose"),
            ("OMP_DISPLAY_ENV", "all"),
            ("GHCOMP_TRACE", "regions,everything"),
            ("GHCOMP_MIGRATE", "sometimes"),
            ("OMP_DYNAMIC_ALL", "perhaps"),
            ("OMP_NUM_THREADS_DEV", "none"),
            ("OMP_SCHEDULE_DEV_7", "sometimes"),
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

    #[test]
    fn all_holds_where_nothing_nearer_does() {
        let threads = |pairs: &[_]| {
            let (globals, warnings) = read_from(pairs);
            (globals.nthreads_list, warnings.len())
        };
        let (near, all) = (("OMP_NUM_THREADS", "3"), ("OMP_NUM_THREADS_ALL", "4,2"));
        assert_eq!(threads(&[all]), (vec![4, 2], 0));
        assert_eq!(threads(&[near, all]), (vec![3], 0));
        assert_eq!(threads(&[("OMP_NUM_THREADS", "x"), all]), (vec![4, 2], 1));
        assert_eq!(threads(&[("OMP_NUM_THREADS_DEV", "5")]), (vec![], 0));
        let (globals, warnings) = read_from(&[
            ("OMP_SCHEDULE_DEV", "nonmonotonic:static,4"),
            ("OMP_NUM_TEAMS_DEV_12", "7"),
            ("OMP_PROC_BIND_ALL", "close,spread"),
        ]);
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!(globals.initial.bind, ProcBind::Close);
        let shown: Vec<String> = globals
            .suffixed
            .iter()
            .map(|s| format!("[{}] {} {}", s.device, s.variable, s.value))
            .collect();
        let expected = [
            "[12] OMP_NUM_TEAMS 7",
            "[all] OMP_PROC_BIND CLOSE,SPREAD",
            "[device] OMP_SCHEDULE NONMONOTONIC:STATIC,4",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn suffixes_that_are_none_are_told() {
        for (name, complaint) in [
            (
                "OMP_DYNAMIC_DEV_01",
                "Invalid device number in OMP_DYNAMIC_DEV_01=true",
            ),
            (
                "OMP_DYNAMIC_DEV_-1",
                "Invalid device number in OMP_DYNAMIC_DEV_-1=true",
            ),
            (
                "OMP_DYNAMICS",
                "Invalid environment variable in OMP_DYNAMICS=true",
            ),
            (
                "OMP_CANCELLATION_ALL",
                "Invalid environment variable in OMP_CANCELLATION_ALL=true",
            ),
        ] {
            assert_eq!(read_from(&[(name, "true")]).1, [complaint]);
        }
        assert!(read_from(&[("OMP_UNKNOWN", "x"), ("OMP_TOOLBOX", "y")])
            .1
            .is_empty());
    }
}
