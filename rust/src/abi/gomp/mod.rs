//! libgomp's ABI: the entries that GCC calls for directives.

pub mod alloc;
pub mod cancel;
pub mod critical;
pub(crate) mod depend_array;
pub mod doacross;
mod entries;
pub mod error;
pub mod loops;
pub mod loops_ull;
pub mod masked;
pub mod parallel;
pub mod parallel_loops;
pub mod reductions;
pub mod sections;
pub mod single;
pub mod static_loops;
pub mod target;
pub mod task;
pub mod taskloop;
pub mod teams;
mod words;
