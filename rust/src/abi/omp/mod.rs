pub mod locks;
pub mod machine;
pub mod threads;
