//! What happens when the library is loaded. The loader calls this once.
//!
//! - A process that stands alone reads its environment before `main` begins, like with
//!   libgomp. What the program itself writes there later has no effect. Messages about bad
//!   values, and the display of `OMP_DISPLAY_ENV`, come even if the program never calls
//!   OpenMP. The initial thread is bound if the environment asks for that.
//! - Under a host, which registers before (see `cbits/ghc_host.c`), all of that waits for
//!   the first call of OpenMP.
//! - The initial thread counts as a master from here on (Note [The last master] in
//!   [`crate::team::register`]).
//! - The handlers of `fork` are installed, while the process has one thread. What a library
//!   that we use makes only once is made here too. A program that forks in a constructor
//!   which runs before this one has no second thread and no OpenMP yet.

use crate::abi::ompt::begin;
use crate::parallel::{binding, ends, fork, worker};
use crate::tasking::execute;
use crate::team::register;
use crate::{atfork, host, icv};

#[used]
// Runs before the constructors of the program, and after that of the host (101).
#[cfg_attr(target_os = "linux", link_section = ".init_array.00102")]
static START: extern "C" fn() = start;

extern "C" fn start() {
    atfork::install();
    begin::prepare();
    ends::keep(fork::master_leaves);
    ends::keep(worker::worker_leaves);
    register::count_master();
    execute::warm_up();
    if host::host().is_none() && !icv::globals().affinity.places.is_empty() {
        binding::bind_master(register::current());
    }
}
