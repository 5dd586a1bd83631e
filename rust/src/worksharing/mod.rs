//! Worksharing constructs (OpenMP 5.2, 11): what the fronts call when a thread meets one.
//!
//! - [`loops`]: loops, `sections` and `scope`: their beginning, their chunks, their end.
//! - [`ordered`]: loops with `ordered`, where a chunk waits for its turn.
//! - [`doacross`]: loops with `ordered(n)`, where an iteration waits for named earlier ones.
//! - [`single`]: `single`, plain and with `copyprivate`.
//!
//! The data of a construct (iteration space, schedule, work share, each member's cursor)
//! are in [`crate::construct`]. The protocols are in [`crate::protocol`].

pub mod doacross;
pub mod loops;
pub mod masked;
pub mod ordered;
pub mod single;
pub mod static_loop;

pub use loops::Plan;
