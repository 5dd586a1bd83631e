//! The one [`Globals`] of the process: read at its first use, then told of.

use crate::affinity::bind::ProcBind;
use crate::affinity::cpuset::CpuSet;
use crate::icv::display::{self, Effective};
use crate::icv::environment::{distrust, read, Globals};
use crate::icv::types::DisplayEnv;
use crate::icv::{affinity_format, quota, unset};
use crate::messages::complain;
use crate::points;
use crate::sync::made::Made;

/// Whether the program was started with more rights than its user has.
fn has_raised_rights() -> bool {
    // SAFETY: only answers.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// The environment, read at the first call; bad values are told on stderr.
pub fn globals() -> &'static Globals {
    static GLOBALS: Made<Globals> = Made::new();
    GLOBALS.get().unwrap_or_else(|| begin(&GLOBALS))
}

/// Reads the environment and tells of it. Threads that come here at once all read
/// it, and the one whose reading counts tells. (The standard library's lock of
/// the environment is only ever taken for reading by us, so one that `fork` has
/// copied held keeps nobody out.)
#[cold]
fn begin(cell: &'static Made<Globals>) -> &'static Globals {
    let mut complaints = Vec::new();
    let (globals, mine) = cell.make(|| {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let ours = ["OMP_", "GOMP_", "GHCOMP_"]
                .iter()
                .any(|prefix| name.starts_with(prefix));
            ours.then(|| (name, value.to_string_lossy().into_owned()))
        });
        let mut variables = variables.collect();
        let distrusted = has_raised_rights();
        if distrusted {
            distrust(&mut variables, CpuSet::of_thread().len());
        }
        let mut globals = read(&variables, &mut complaints);
        globals.settle_places(&variables, &mut complaints);
        if distrusted {
            complaints.clear();
        }
        // Here, so that no thread has the settings before they are in force.
        points::change(globals.trace, globals.trace);
        if globals.initial.bind != ProcBind::False || globals.display_affinity {
            points::change(points::AFFINITY, points::AFFINITY);
        }
        globals
    });
    if mine {
        complaints.into_iter().for_each(complain);
        match globals.display_env {
            DisplayEnv::False => {}
            DisplayEnv::True => display(globals, false),
            DisplayEnv::Verbose => display(globals, true),
        }
    }
    globals
}

/// Writes the values that the environment gave the ICVs to stderr; `verbose`:
/// those of libgomp's own variables as well.
pub fn display_environment(verbose: bool) {
    display(globals(), verbose);
}

/// Takes `globals`, since the first call of [`globals`] displays them itself.
fn display(globals: &Globals, verbose: bool) {
    let values = Effective {
        team_size: unset::team_size(|| quota::limited(globals.affinity.mask.len())),
        dynamic: globals.initial.dynamic.unwrap_or_else(unset::dynamic),
        spin_limit: globals.spin_limit().unwrap_or_else(unset::spin_limit),
        affinity_format: affinity_format::format(globals),
    };
    display::write(globals, &values, verbose);
}
