pub mod parallel;
pub mod task;
