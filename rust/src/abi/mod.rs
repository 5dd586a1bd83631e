//! The C faces of the runtime. A face unpacks its arguments and calls the
//! core; no scheduling, no waiting and no state live here.

pub mod gomp;
pub mod omp;
