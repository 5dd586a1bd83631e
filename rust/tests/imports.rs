//! The generated Haskell imports are what hs-bindgen makes from the sources.
//!
//! The macro writes into the source folder while the crate compiles, so this test compiles a
//! copy. The macro's imports name its own wrappers (`__c_name`). The functions themselves have
//! C types, so the test changes the text: it imports the functions, under the library's module
//! name.
//!
//! `GHCOMP_WRITE_IMPORTS=1` writes the module instead of comparing it (`make imports`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const MODULE: &str = "Control.Parallel.OpenMP.Internal.Imports";
const FILE: &str = "hs/Control/Parallel/OpenMP/Internal/Imports.hs";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder for the copy");
    for entry in fs::read_dir(from).expect("the sources").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// The text that the macro writes.
fn generate(root: &Path) -> String {
    let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("imports");
    for folder in ["rust", "cbits"] {
        copy(&root.join(folder), &scratch.join(folder));
    }
    for file in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(root.join(file), scratch.join(file)).expect("a copy");
    }
    // The crate must be compiled anew, or the macro does not run.
    let library = scratch.join("rust/src/lib.rs");
    let text = fs::read_to_string(&library).expect("lib.rs");
    fs::write(&library, text).expect("lib.rs is writable");
    let status = Command::new(env!("CARGO"))
        .args([
            "check",
            "--quiet",
            "--locked",
            "--lib",
            "--features",
            "hs-bindgen",
        ])
        .arg("--target-dir")
        .arg(scratch.join("target"))
        .current_dir(scratch.join("rust"))
        .env_remove("RUSTFLAGS")
        .status()
        .expect("cargo runs");
    assert!(
        status.success(),
        "the crate does not compile with the feature hs-bindgen"
    );
    fs::read_to_string(scratch.join("rust/src/Imports.hs")).expect("the macro wrote a module")
}

#[test]
fn imports_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let raw = generate(&root);
    let imports: Vec<&str> = raw
        .lines()
        .filter(|line| line.starts_with("foreign import "))
        .collect();
    let name = |import: &str| import.split('"').nth(1).map(|n| n.replace("__c_", ""));
    let names: Vec<String> = imports.iter().filter_map(|import| name(import)).collect();
    assert!(!names.is_empty(), "no imports in:\n{raw}");
    let mut text = format!(
        "{{-# OPTIONS_HADDOCK hide #-}}\n\n\
         -- | Made by the hs-bindgen crate from rust/src/haskell/settings.rs; do not edit.\n\
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
