//! What the threads of a construct loop_state: iterations, work shares, dependences.

pub mod depend;
pub mod reduction;
pub mod schedule;
pub mod space;
pub mod work_share;
