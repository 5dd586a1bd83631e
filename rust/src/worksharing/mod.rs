//! Worksharing constructs: loops, sections, `single` with `copyprivate`,
//! `ordered` (OpenMP 5.2, 11).
//!
//! - [`space`]: iterations as numbers from 0, and back.
//! - [`chain`]: the state that a construct's threads share, one slot each.
//! - [`list`]: how the threads walk from slot to slot.
//! - [`schedule`]: who gets which iterations.
//! - [`ranges`]: chunks dealt out ahead, and stolen.
//! - [`ordered`]: chunks passing in iteration order.
//! - [`doacross`]: iterations that wait for earlier ones.
//! - [`loops`], [`single`]: what the fronts call.

pub mod doacross;
pub mod loops;
pub mod ordered;
pub mod single;

pub use loops::Plan;
