//! The [`Globals`] of the process: the environment is read once, at the first use.

use crate::affinity::bind::ProcBind;
use crate::affinity::cpuset::CpuSet;
use crate::host;
use crate::icv::display::{self, Effective};
use crate::icv::environment::{distrust, read, Globals};
use crate::icv::types::DisplayEnv;
use crate::icv::{affinity_format, fallback, kmp, quota};
use crate::messages::{self, complain, tell};
use crate::points;
use crate::sync::made::Made;
use core::ffi::CStr;
use std::collections::BTreeMap;
use std::path::Path;

/// Whether the program was started with more rights than its user has.
fn has_raised_rights() -> bool {
    // SAFETY: this call only answers.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Whether the process has loaded this library under a name of LLVM's runtime.
fn is_loaded_as_libomp() -> bool {
    let mut info = core::mem::MaybeUninit::<libc::Dl_info>::uninit();
    let here: *const libc::c_void = (is_loaded_as_libomp as fn() -> bool as *const ()).cast();
    // SAFETY: the address is one of this library's functions. If the call succeeds, it fills
    // `info`, and the name lives as long as the library.
    let name = unsafe {
        if libc::dladdr(here, info.as_mut_ptr()) == 0 {
            return false;
        }
        CStr::from_ptr(info.assume_init().dli_fname)
    };
    let file = name.to_bytes().rsplit(|&c| c == b'/').next();
    let names: [&[u8]; 2] = [b"libomp.so", b"libiomp5.so"];
    file.is_some_and(|file| names.iter().any(|name| file.starts_with(name)))
}

/// The environment's values. The first call reads them, and complains of bad ones on
/// stderr.
pub fn globals() -> &'static Globals {
    static GLOBALS: Made<Globals> = Made::new();
    GLOBALS.get().unwrap_or_else(|| begin(&GLOBALS))
}

/// Reads the environment, and prints complaints and the display. Threads that come here at
/// the same time all read it; only the thread whose values are published prints. (The
/// standard library has a lock for the environment. The runtime takes it only for reading,
/// so no thread of a child waits for a lock that `fork` has copied.)
#[cold]
fn begin(cell: &'static Made<Globals>) -> &'static Globals {
    let (mut complaints, mut wants_version) = (Vec::new(), false);
    let (globals, mine) = cell.make(|| {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let ours = ["OMP_", "GOMP_", "GHCOMP_", "KMP_"]
                .iter()
                .any(|prefix| name.starts_with(prefix));
            ours.then(|| (name, value.to_string_lossy().into_owned()))
        });
        let mut variables = variables.collect();
        let distrusted = has_raised_rights();
        if distrusted {
            distrust(&mut variables, CpuSet::of_thread().len());
        }
        translate(&mut variables, &mut complaints);
        wants_version = kmp::wants_version(&variables);
        let mut globals = read(&variables, &mut complaints);
        globals.affinity_on_stdout = is_loaded_as_libomp();
        globals.settle_places(&variables, &mut complaints);
        if kmp::wants_no_warnings(&variables) {
            messages::mute(true);
            complaints.clear();
        }
        if distrusted {
            complaints.clear();
        }
        // Here, so that no thread sees the values before the points are on. AFFINITY also
        // turns binding on: `binding_enabled` asks it.
        points::change(globals.trace, globals.trace);
        if globals.initial.bind != ProcBind::False || globals.display_affinity {
            points::change(points::AFFINITY, points::AFFINITY);
        }
        globals
    });
    if mine {
        if wants_version {
            tell(concat!(
                env!("CARGO_PKG_NAME"),
                " ",
                env!("CARGO_PKG_VERSION")
            ));
        }
        complaints.into_iter().for_each(complain);
        match globals.display_env {
            DisplayEnv::False => {}
            DisplayEnv::True => display(globals, false),
            DisplayEnv::Verbose => display(globals, true),
        }
    }
    globals
}

/// Replaces the variables of LLVM's runtime by their counterparts. Binds the calling thread
/// to the processors that `KMP_HW_SUBSET` leaves: the threads that it starts, and all that
/// the runtime counts, follow from these.
fn translate(variables: &mut BTreeMap<String, String>, complaints: &mut Vec<String>) {
    if !variables.keys().any(|name| name.starts_with("KMP_")) {
        return;
    }
    let system = Path::new("/sys/devices/system");
    let mut mask = CpuSet::of_thread();
    if let Some(subset) = kmp::subset(variables, &mask, system, complaints) {
        // A host's threads are not only ours.
        if host::host().is_some() {
            complaints.push("KMP_HW_SUBSET is not used in a host's process".into());
        } else if subset.bind_thread() {
            mask = subset;
        }
    }
    kmp::place(variables, &mask, system, complaints);
    kmp::translate(variables, mask.len(), is_loaded_as_libomp(), complaints);
}

/// Writes the values that the environment gave the ICVs to stderr. If `verbose`, also
/// those of libgomp's own variables.
pub fn display_environment(verbose: bool) {
    display(globals(), verbose);
}

/// [`display_environment`] for the first call of [`globals`], which has to pass them.
fn display(globals: &Globals, verbose: bool) {
    let values = Effective {
        team_size: fallback::team_size(|| quota::within_quota(globals.affinity.mask.len())),
        dynamic: globals.initial.dynamic.unwrap_or_else(fallback::dynamic),
        spin_limit: globals.spin_limit().unwrap_or_else(fallback::pauses),
        affinity_format: affinity_format::format(globals),
    };
    display::write(globals, &values, verbose);
}
