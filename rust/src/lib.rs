//! `ghcomp`: an OpenMP runtime with libgomp's ABI that can live inside a GHC
//! process.
//!
//! | module | what lives there |
//! |--------|------------------|
//! | [`affinity`] | places and binding |
//! | [`abi`] | the C symbols: `GOMP_*` and `omp_*`, which call the core |
//! | [`icv`] | internal control variables and the `OMP_*` environment |
//! | [`team`] | pool, teams, fork and join, barrier |
//! | [`worksharing`] | loops, sections, single, ordered |
//! | [`tasking`] | explicit tasks |
//! | [`memory`] | allocators |
//! | [`target`] | devices, of which there are none but the host |
//! | [`trace`] | telling the host when the threads do what |
//! | [`sync`] | waiting and locks |
//! | [`callback`] | function pointers for the host's closures, served on second stacks |
//! | `clock` | the time |
//! | [`haskell`] | the door for the Haskell library |
//! | [`host`] | what the runtime asks of the process it lives in |

pub mod abi;
pub mod affinity;
pub mod atfork;
mod c_enum;
pub mod callback;
mod clock;
pub mod construct;
pub mod haskell;
mod heap;
pub mod host;
pub mod icv;
pub mod memory;
pub mod messages;
pub mod parallel;
pub mod points;
pub mod protocol;
mod start;
pub mod sync;
pub mod target;
pub mod tasking;
pub mod team;
pub mod tools;
pub mod trace;
pub mod waiting;
pub mod worksharing;
