//! The display of the environment (OpenMP 5.2, 18.16 and 21.7), in libgomp's
//! format.

use crate::affinity::cpuset::CpuSet;
use crate::icv::allocator::{AllocatorSpec, ALLOCATORS};
use crate::icv::environment::{show_boolean, show_list, Globals};
use crate::icv::types::WaitPolicy;
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
        ("host", "DYNAMIC", show_boolean(values.dynamic)),
        ("host", "NESTED", show_boolean(icv.max_active_levels > 1)),
        ("host", "NUM_THREADS", nthreads),
        ("host", "SCHEDULE", icv.schedule.to_string()),
        ("host", "PROC_BIND", bind),
        ("host", "PLACES", places(&globals.affinity.places)),
        ("host", "STACKSIZE", stack_size.clone()),
        ("host", "WAIT_POLICY", wait_policy.to_string()),
        ("host", "THREAD_LIMIT", icv.thread_limit.to_string()),
        (
            "host",
            "MAX_ACTIVE_LEVELS",
            icv.max_active_levels.to_string(),
        ),
        ("host", "NUM_TEAMS", globals.num_teams.to_string()),
        (
            "host",
            "TEAMS_THREAD_LIMIT",
            globals.teams_thread_limit.to_string(),
        ),
        ("all", "CANCELLATION", show_boolean(globals.cancellation)),
        ("all", "DEFAULT_DEVICE", icv.default_device.to_string()),
        (
            "all",
            "MAX_TASK_PRIORITY",
            globals.max_task_priority.to_string(),
        ),
        (
            "all",
            "DISPLAY_AFFINITY",
            show_boolean(globals.display_affinity),
        ),
        (
            "host",
            "AFFINITY_FORMAT",
            String::from_utf8_lossy(&values.affinity_format).into_owned(),
        ),
        ("host", "ALLOCATOR", allocator(globals)),
        ("all", "TARGET_OFFLOAD", globals.target_offload.to_string()),
    ];
    let mut text = String::from("\nOPENMP DISPLAY ENVIRONMENT BEGIN\n  _OPENMP = '202111'\n");
    let mut line = |device: &str, name: &str, value: &str| {
        text.push_str(&format!("  [{device}] {name} = '{value}'\n"));
    };
    for (device, variable, value) in variables {
        let name = format!("OMP_{variable}");
        line(device, &name, &value);
        // Like libgomp, it does not show OMP_DEFAULT_DEVICE with a suffix.
        let suffixed = globals.suffixed.iter();
        for form in suffixed.filter(|form| form.variable == variable && device == "host") {
            line(&form.device, &name, &form.value);
        }
    }
    if verbose {
        line("host", "GOMP_CPU_AFFINITY", "");
        line("host", "GOMP_STACKSIZE", &stack_size);
        line("host", "GOMP_SPINCOUNT", &values.spin_limit.to_string());
    }
    text.push_str("OPENMP DISPLAY ENVIRONMENT END\n");
    text
}

/// The places, in the form of `OMP_PLACES`.
fn places(places: &[CpuSet]) -> String {
    let place = |place: &CpuSet| {
        let runs = place.runs();
        let runs = runs.iter().map(|&(first, len)| match len {
            1 => first.to_string(),
            _ => format!("{first}:{len}"),
        });
        format!("{{{}}}", runs.collect::<Vec<_>>().join(","))
    };
    places.iter().map(place).collect::<Vec<_>>().join(",")
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
