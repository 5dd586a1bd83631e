//! The display of the environment (OpenMP 5.2, 18.16 and 21.7), in libgomp's
//! format.

use crate::affinity::places;
use crate::icv::allocator::{AllocatorSpec, ALLOCATORS};
use crate::icv::environment::Globals;
use crate::icv::types::WaitPolicy;
use crate::icv::variables::{show_boolean, show_list};
use crate::messages;

/// The values that the environment alone does not give.
pub struct Effective {
    /// `nthreads-var` if nobody has set it.
    pub team_size: u32,
    /// `dyn-var`.
    pub dynamic: bool,
    /// The pauses that a wait may spend now.
    pub spin_limit: u64,
    /// `affinity-format-var`.
    pub affinity_format: Vec<u8>,
}

/// Writes the values that the environment gave the ICVs to stderr. If `verbose`, also
/// those of libgomp's own variables.
pub fn write(globals: &Globals, values: &Effective, verbose: bool) {
    messages::write(describe(globals, values, verbose).as_bytes());
}

/// The text of the display.
fn describe(globals: &Globals, values: &Effective, verbose: bool) -> String {
    let icv = &globals.initial;
    let nthreads = match &globals.nthreads_list[..] {
        [] => values.team_size.to_string(),
        list => show_list(list),
    };
    let bind = match &globals.bind_list[..] {
        [] => icv.bind.to_string(),
        list => show_list(list),
    };
    let stack_size = globals.stack_size.unwrap_or(0).to_string();
    let wait_policy = globals.wait_policy.unwrap_or(WaitPolicy::Passive);
    let variables = [
        ("host", "OMP_DYNAMIC", show_boolean(values.dynamic)),
        (
            "host",
            "OMP_NESTED",
            show_boolean(icv.max_active_levels > 1),
        ),
        ("host", "OMP_NUM_THREADS", nthreads),
        ("host", "OMP_SCHEDULE", icv.schedule.to_string()),
        ("host", "OMP_PROC_BIND", bind),
        ("host", "OMP_PLACES", places::text(&globals.affinity.places)),
        ("host", "OMP_STACKSIZE", stack_size.clone()),
        ("host", "OMP_WAIT_POLICY", wait_policy.to_string()),
        ("host", "OMP_THREAD_LIMIT", icv.thread_limit.to_string()),
        (
            "host",
            "OMP_MAX_ACTIVE_LEVELS",
            icv.max_active_levels.to_string(),
        ),
        ("host", "OMP_NUM_TEAMS", globals.num_teams.to_string()),
        (
            "host",
            "OMP_TEAMS_THREAD_LIMIT",
            globals.teams_thread_limit.to_string(),
        ),
        (
            "all",
            "OMP_CANCELLATION",
            show_boolean(globals.cancellation),
        ),
        ("all", "OMP_DEFAULT_DEVICE", icv.default_device.to_string()),
        (
            "all",
            "OMP_MAX_TASK_PRIORITY",
            globals.max_task_priority.to_string(),
        ),
        (
            "all",
            "OMP_DISPLAY_AFFINITY",
            show_boolean(globals.display_affinity),
        ),
        (
            "host",
            "OMP_AFFINITY_FORMAT",
            String::from_utf8_lossy(&values.affinity_format).into_owned(),
        ),
        ("host", "OMP_ALLOCATOR", allocator(globals)),
        (
            "all",
            "OMP_TARGET_OFFLOAD",
            globals.target_offload.to_string(),
        ),
        (
            "host",
            "OMP_TOOL",
            if globals.tool { "ENABLED" } else { "DISABLED" }.to_string(),
        ),
        (
            "host",
            "OMP_TOOL_LIBRARIES",
            globals.tool_libraries.clone().unwrap_or_default(),
        ),
        (
            "host",
            "OMP_TOOL_VERBOSE_INIT",
            (globals.tool_verbose_init.clone()).unwrap_or("DISABLED".into()),
        ),
    ];
    let mut text = String::from("\nOPENMP DISPLAY ENVIRONMENT BEGIN\n  _OPENMP = '202111'\n");
    let mut line = |device: &str, name: &str, value: &str| {
        text.push_str(&format!("  [{device}] {name} = '{value}'\n"));
    };
    for (device, variable, value) in variables {
        line(device, variable, &value);
        // Like libgomp, it does not show OMP_DEFAULT_DEVICE with a suffix.
        let suffixed = globals.suffixed.iter();
        for form in suffixed.filter(|form| form.variable == variable && device == "host") {
            line(&form.device, variable, &form.value);
        }
    }
    if verbose {
        line("host", "GOMP_CPU_AFFINITY", "");
        line("host", "GOMP_STACKSIZE", &stack_size);
        line("host", "GOMP_SPINCOUNT", &values.spin_limit.to_string());
        if let Some(time) = globals.blocktime {
            line("host", "KMP_BLOCKTIME", &time.ms().to_string());
        }
    }
    text.push_str("OPENMP DISPLAY ENVIRONMENT END\n");
    text
}

/// The allocator, in the form of `OMP_ALLOCATOR`.
fn allocator(globals: &Globals) -> String {
    let predefined = match &globals.allocator {
        None => 1,
        Some((AllocatorSpec::Predefined(handle), _)) => *handle,
        Some((AllocatorSpec::Custom(..), text)) => return text.clone(),
    };
    let name = ALLOCATORS.iter().find(|(_, handle)| *handle == predefined);
    name.map_or(String::new(), |(name, _)| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::icv::environment::read;
    use crate::icv::variables::VARIABLES;
    use std::collections::BTreeMap;

    #[test]
    fn every_variable_is_displayed() {
        let globals = read(&BTreeMap::new(), &mut Vec::new());
        let values = Effective {
            team_size: 4,
            dynamic: false,
            spin_limit: 0,
            affinity_format: Vec::new(),
        };
        let text = describe(&globals, &values, true);
        for variable in VARIABLES {
            let is_shown = text.contains(&format!("] {} = '", variable.name));
            // libgomp does not display the first; the next is displayed if it is given; the
            // others are our own.
            let hidden = [
                "OMP_DISPLAY_ENV",
                "KMP_BLOCKTIME",
                "GHCOMP_MIGRATE",
                "GHCOMP_TRACE",
            ];
            assert_eq!(
                is_shown,
                !hidden.contains(&variable.name),
                "{}",
                variable.name
            );
        }
    }
}
