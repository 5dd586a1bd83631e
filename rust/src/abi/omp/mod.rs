pub mod machine;
pub mod threads;
