//! The C fronts of the runtime. An entry unpacks its arguments and calls the
//! core. A front has no scheduling, no waiting and no state of its own.

pub mod gomp;
pub mod kmpc;
pub mod omp;
pub mod ompt;
