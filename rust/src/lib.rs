//! `ghcomp`: an OpenMP runtime with libgomp's ABI that can live inside a GHC
//! process.
//!
//! Its rooms, from the bottom up. A room imports only those above it here; docs/architecture.md
//! has the same table, which `test/rooms` checks.
//!
//! | room | contents |
//! |------|----------|
//! | [`sync`] | atomics, the futex, the core's locks, a thread's place to sleep |
//! | `clock`, [`messages`], `heap`, [`points`], `c_enum` | the time; texts for users; the end of memory; what tools want to hear of; numbers of C interfaces |
//! | [`host`] | what the runtime asks of the process it lives in |
//! | [`affinity`] | places, processors, binding an OS thread |
//! | [`memory`] | allocators |
//! | [`icv`] | internal control variables and the `OMP_*` environment |
//! | [`protocol`] | protocols of atomics, which know no thread |
//! | [`construct`] | the data of constructs |
//! | [`trace`] | buffers of events |
//! | [`team`] | the records: thread, member, team, region, task |
//! | [`tools`] | telling tools what the threads do |
//! | [`callback`] | function pointers for the host's closures, served on second stacks |
//! | [`waiting`] | the loop that every wait is |
//! | [`tasking`] | explicit tasks |
//! | [`parallel`] | pool, fork and join, barrier, cancellation |
//! | [`worksharing`] | loops, sections, single, ordered |
//! | [`target`] | devices, of which there are none but the host |
//! | [`abi`], [`haskell`] | the C symbols `GOMP_*` and `omp_*`; the door for the Haskell library |
//! | [`atfork`], `start` | what happens at `fork`, and when the library is loaded |

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
