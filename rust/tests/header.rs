//! The header `rust/include/ghcomp.h` is what cbindgen makes from the sources.
//!
//! `GHCOMP_WRITE_HEADER=1` writes it instead of comparing it (`make header`).

use std::{env, fs, path::Path};

#[test]
fn header_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let made = cbindgen::Builder::new()
        .with_config(config)
        .with_src(root.join("src/host/mod.rs"))
        .with_src(root.join("src/haskell/mod.rs"))
        .with_src(root.join("src/callback/mod.rs"))
        .generate()
        .expect("the sources parse");
    let mut text = Vec::new();
    made.write(&mut text);
    let text = String::from_utf8(text).expect("the header is text");
    let path = root.join("include/ghcomp.h");
    if env::var_os("GHCOMP_WRITE_HEADER").is_some() {
        fs::write(&path, &text).expect("the header is writable");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "rust/include/ghcomp.h is out of date: run `make header` and look at the difference"
    );
}
