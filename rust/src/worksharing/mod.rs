//! Worksharing constructs: loops, sections, `single` with `copyprivate`,
//! `ordered` (OpenMP 5.2, 11).
//!
//! - [`ordered`]: chunks pass in iteration order.
//! - [`doacross`]: iterations wait for earlier ones.
//! - [`loops`], [`single`]: what the fronts call.
//!
//! Their data are in [`crate::construct`].

pub mod doacross;
pub mod loops;
pub mod ordered;
pub mod single;

pub use loops::Plan;
