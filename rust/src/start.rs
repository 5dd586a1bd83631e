//! What happens when the library is loaded.
//!
//! As libgomp, a process that stands alone reads its environment before `main`
//! begins: what the program itself writes there says nothing any more, bad
//! values and `OMP_DISPLAY_ENV` are told of even if the program then never
//! calls OpenMP, and the initial thread is bound where that is asked for. Under
//! a host, which registers before (see `cbits/ghc_host.c`), all of that waits
//! for the first call of OpenMP. The initial thread counts as a master from here
//! on (Note [The last master] in `team::thread`).
//!
//! The handlers of `fork` are installed here, while the process has one thread,
//! and what a library of ours makes only once is made. A program that forks in a
//! constructor which runs before this one has no second thread and no OpenMP yet;
//! if it has, its first use of OpenMP has installed the handlers.

use crate::parallel::{binding, ends, fork, worker};
use crate::tasking::execute;
use crate::team::register;
use crate::{atfork, host, icv};

#[used]
// Before the constructors of the program, after that of the host (101).
#[cfg_attr(target_os = "linux", link_section = ".init_array.00102")]
static START: extern "C" fn() = start;

extern "C" fn start() {
    atfork::install();
    ends::keep(fork::master_leaves);
    ends::keep(worker::worker_leaves);
    register::count_master();
    execute::warm_up();
    if host::host().is_none() && !icv::globals().affinity.places.is_empty() {
        binding::bind_master(crate::team::register::current());
    }
}
