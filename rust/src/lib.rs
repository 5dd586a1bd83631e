//! `ghcomp`: an OpenMP runtime with libgomp's ABI that can live inside a GHC
//! process. See `docs/` and the header of each module.

pub mod abi;
