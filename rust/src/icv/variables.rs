//! The variables of the environment that the runtime reads, with what has to be decided for
//! each of them.

use crate::icv::parse::{self, Parsed};

/// A variable.
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Whether the name may have a suffix.
    pub suffix: Suffix,
    /// Whether a program with raised rights takes the variable; see [`VARIABLES`].
    pub with_raised_rights: bool,
}

/// Whether a variable's name may have a suffix: `_ALL`, `_DEV` or `_DEV_<number>`.
pub enum Suffix {
    /// It may. The function parses a value, and answers it in the display's form.
    Shown(fn(&str) -> Parsed<String>),
    /// It may not: the runtime complains of a suffix, as libgomp does.
    Refused,
    /// The runtime does not look for suffixes, as libgomp does not.
    Ignored,
}
use Suffix::{Ignored, Refused, Shown};

const fn variable(name: &'static str, suffix: Suffix, with_raised_rights: bool) -> Variable {
    Variable {
        name,
        suffix,
        with_raised_rights,
    }
}

/// All variables.
///
/// # Raised rights
///
/// The user of a program with raised rights (`AT_SECURE`: set-user-ID, set-group-ID,
/// capabilities of the file) is not to be trusted with these rights. So no variable makes
/// such a program write or load anything, lock memory, end, or use more than it would use
/// without. It does not print complaints, either.
///
/// | variables | why |
/// |-----------|-----|
/// | those with `true` are taken | they choose, or make less; of `OMP_NUM_THREADS` only the first number counts, up to the processors |
/// | not: `OMP_DISPLAY_ENV`, `OMP_DISPLAY_AFFINITY`, `OMP_AFFINITY_FORMAT`, `GHCOMP_TRACE` | they write, even addresses |
/// | not: `OMP_STACKSIZE`, `GOMP_STACKSIZE`, `OMP_ALLOCATOR` | they can make stacks too small, lock memory, end the program |
/// | not: `OMP_NESTED`, `OMP_MAX_ACTIVE_LEVELS`, `OMP_NUM_TEAMS` | they multiply threads and work |
/// | not: `OMP_WAIT_POLICY`, `GOMP_SPINCOUNT`, `KMP_BLOCKTIME` | they burn processor time |
/// | not: `OMP_PLACES`, `GOMP_CPU_AFFINITY`, `OMP_PROC_BIND`, `GHCOMP_MIGRATE` | they bind threads, and read the system's files |
/// | not: `OMP_TARGET_OFFLOAD`, `OMP_DEFAULT_DEVICE` | they can end the program at its next `target` |
/// | not: `KMP_*` ([`crate::icv::kmp`]) | they stand for these |
/// | not: `OMP_TOOL`, `OMP_TOOL_LIBRARIES`, `OMP_TOOL_VERBOSE_INIT` | they load code and write |
/// | not: those with a suffix | they are the same variables once more |
pub const VARIABLES: [Variable; 29] = [
    variable("OMP_AFFINITY_FORMAT", Ignored, false),
    variable("OMP_ALLOCATOR", Refused, false),
    variable("OMP_CANCELLATION", Refused, true),
    variable(
        "OMP_DEFAULT_DEVICE",
        Shown(|text| shown(parse::natural(text))),
        false,
    ),
    variable("OMP_DISPLAY_AFFINITY", Refused, false),
    variable("OMP_DISPLAY_ENV", Ignored, false),
    variable(
        "OMP_DYNAMIC",
        Shown(|text| parse::boolean(text).map(show_boolean)),
        true,
    ),
    variable(
        "OMP_MAX_ACTIVE_LEVELS",
        Shown(|text| shown(parse::levels(text))),
        false,
    ),
    variable("OMP_MAX_TASK_PRIORITY", Refused, true),
    variable("OMP_NESTED", Ignored, false),
    variable(
        "OMP_NUM_TEAMS",
        Shown(|text| shown(parse::positive(text))),
        false,
    ),
    variable(
        "OMP_NUM_THREADS",
        Shown(|text| parse::thread_list(text).map(|list| show_list(&list))),
        true,
    ),
    variable("OMP_PLACES", Ignored, false),
    variable(
        "OMP_PROC_BIND",
        Shown(|text| parse::proc_bind(text).map(|list| show_list(&list))),
        false,
    ),
    variable(
        "OMP_SCHEDULE",
        Shown(|text| shown(parse::schedule(text))),
        true,
    ),
    variable(
        "OMP_STACKSIZE",
        Shown(|text| shown(parse::stack_size(text))),
        false,
    ),
    variable("OMP_TARGET_OFFLOAD", Refused, false),
    variable(
        "OMP_TEAMS_THREAD_LIMIT",
        Shown(|text| shown(parse::positive(text))),
        true,
    ),
    variable(
        "OMP_THREAD_LIMIT",
        Shown(|text| shown(parse::thread_limit(text))),
        true,
    ),
    variable(
        "OMP_WAIT_POLICY",
        Shown(|text| shown(parse::wait_policy(text))),
        false,
    ),
    variable("OMP_TOOL", Ignored, false),
    variable("OMP_TOOL_LIBRARIES", Ignored, false),
    variable("OMP_TOOL_VERBOSE_INIT", Ignored, false),
    variable("GOMP_CPU_AFFINITY", Ignored, false),
    variable("GOMP_SPINCOUNT", Ignored, false),
    variable("GOMP_STACKSIZE", Ignored, false),
    variable("KMP_BLOCKTIME", Ignored, false),
    variable("GHCOMP_MIGRATE", Ignored, false),
    variable("GHCOMP_TRACE", Ignored, false),
];

/// Whether a program with raised rights takes the variable with this name.
pub fn taken_with_raised_rights(name: &str) -> bool {
    let mut variables = VARIABLES.iter();
    variables.any(|variable| variable.name == name && variable.with_raised_rights)
}

fn shown<T: ToString>(value: Parsed<T>) -> Parsed<String> {
    value.map(|value| value.to_string())
}

/// A boolean in libgomp's display.
pub fn show_boolean(value: bool) -> String {
    if value { "TRUE" } else { "FALSE" }.to_string()
}

/// The values, with commas between them.
pub fn show_list<T: ToString>(list: &[T]) -> String {
    let list: Vec<String> = list.iter().map(T::to_string).collect();
    list.join(",")
}
