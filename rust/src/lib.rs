//! `ghcomp`: an OpenMP runtime with libgomp's ABI, which can live inside a GHC process.
//!
//! The rooms, from the bottom up. A room imports only the rooms above it in this table
//! (rooms in one row may import each other); `test/rooms` checks the imports by the same
//! table in `docs/architecture.md`. So the `use` lines of a file are all that it can know.
//!
//! | room | contents |
//! |------|----------|
//! | [`sync`] | atomics, the futex, the core's locks and their order at `fork`, a thread's place to sleep |
//! | `clock`, [`messages`], `heap`, [`points`], `c_enum` | the time; messages to the user; memory that cannot be had; the points that tools ask for; numbers of C interfaces |
//! | [`host`] | the port: what the runtime asks of the process that it lives in |
//! | [`affinity`] | processors, places, and binding an OS thread |
//! | [`memory`] | allocators |
//! | [`icv`] | internal control variables, the `OMP_*` environment, their display |
//! | [`protocol`] | protocols of atomics. They know no thread; each file has a model |
//! | [`construct`] | data of constructs: iteration spaces, schedules, work shares, dependences, reductions |
//! | [`trace`] | events of the threads, for the host's trace |
//! | [`ompt`] | the interface for tools: callbacks, and each record's part |
//! | [`team`] | the records: thread, member, team, region, task |
//! | [`tools`] | the points at which the core tells tools what its threads do |
//! | [`callback`] | function pointers for the host's closures, answered on second stacks |
//! | [`waiting`] | the loop that every wait is; waiting for the program's locks |
//! | [`tasking`] | explicit tasks |
//! | [`parallel`] | the pool, fork and join, barriers, cancellation, `teams` |
//! | [`worksharing`] | loops, `sections`, `single`, `ordered`, doacross loops |
//! | [`target`] | devices, of which there are none but the host |
//! | [`abi`], [`haskell`] | the front: the C symbols `GOMP_*` and `omp_*`; the door for the Haskell library |
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
pub mod ompt;
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
