//! The Haskell imports of `src/haskell/settings.rs`, made by hs-bindgen.
//!
//! Each function here has the type of one in the settings, and calls it: so a type that
//! changes there is an error here. hs-bindgen's macro checks the Haskell type against the
//! Rust type, and writes `src/Imports.hs` while this test compiles. Its imports name its
//! own wrappers (`__c_name`). The settings themselves have C types, so the test imports
//! them instead, under the library's module name.
//!
//! `GHCOMP_WRITE_IMPORTS=1` writes the module instead of comparing it (`make imports`).

use std::path::Path;
use std::{env, fs};

use ghcomp::haskell::settings;
use hs_bindgen::{hs_bindgen, traits};

const MODULE: &str = "Control.Parallel.OpenMP.Internal.Imports";
const FILE: &str = "hs/Control/Parallel/OpenMP/Internal/Imports.hs";

#[hs_bindgen(ghcomp_hs_set_num_threads :: CUInt -> IO ())]
fn set_num_threads(n: u32) {
    settings::ghcomp_hs_set_num_threads(n);
}

#[hs_bindgen(ghcomp_hs_max_threads :: IO CUInt)]
fn max_threads() -> u32 {
    settings::ghcomp_hs_max_threads()
}

#[hs_bindgen(ghcomp_hs_set_dynamic :: CInt -> IO ())]
fn set_dynamic(on: i32) {
    settings::ghcomp_hs_set_dynamic(on);
}

#[hs_bindgen(ghcomp_hs_set_max_active_levels :: CUInt -> IO ())]
fn set_max_active_levels(levels: u32) {
    settings::ghcomp_hs_set_max_active_levels(levels);
}

#[hs_bindgen(ghcomp_hs_set_schedule :: CUInt -> CUInt -> IO ())]
fn set_schedule(kind: u32, chunk: u32) {
    settings::ghcomp_hs_set_schedule(kind, chunk);
}

#[hs_bindgen(unsafe ghcomp_hs_fork_generation :: IO CUInt)]
fn fork_generation() -> u32 {
    settings::ghcomp_hs_fork_generation()
}

#[hs_bindgen(unsafe ghcomp_hs_is_known :: IO CInt)]
fn is_known() -> i32 {
    settings::ghcomp_hs_is_known()
}

#[hs_bindgen(ghcomp_hs_make_known::IO())]
fn make_known() {
    settings::ghcomp_hs_make_known();
}

#[test]
fn imports_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let raw = fs::read_to_string(root.join("rust/src/Imports.hs"))
        .expect("the macro wrote a module; if it was deleted, touch rust/tests/imports.rs");
    let imports: Vec<&str> = raw
        .lines()
        .filter(|line| line.starts_with("foreign import "))
        .collect();
    let name = |import: &str| import.split('"').nth(1).map(|n| n.replace("__c_", ""));
    let names: Vec<String> = imports.iter().filter_map(|import| name(import)).collect();
    assert!(!names.is_empty(), "no imports in:\n{raw}");
    let mut text = format!(
        "{{-# OPTIONS_HADDOCK hide #-}}\n\n\
         -- | Made by the hs-bindgen crate from rust/tests/imports.rs; do not edit.\n\
         -- @make imports@ makes it anew.\n\
         module {MODULE}\n  ( {}\n  ) where\n\n\
         import Foreign.C.Types (CInt (..), CUInt (..))\n",
        names.join("\n  , ")
    );
    for import in imports {
        text.push('\n');
        text.push_str(&import.replace("__c_", ""));
        text.push('\n');
    }
    let path = root.join(FILE);
    if env::var_os("GHCOMP_WRITE_IMPORTS").is_some() {
        fs::write(&path, &text).expect("the module is writable");
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == text,
        "{FILE} is out of date: run `make imports` and look at the difference"
    );
}
