//! The runtime in the forms that C programs use, for tests that build such programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

/// Runs a command, whatever its status.
pub fn output(command: &mut Command) -> Result<Output, String> {
    command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))
}

/// The text that a command wrote on stdout and stderr.
pub fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr)
}

/// Runs a command that must succeed. Returns the text that it wrote.
pub fn succeed(command: &mut Command) -> Result<String, String> {
    let out = output(command)?;
    if out.status.success() {
        Ok(said(&out))
    } else {
        Err(format!("{command:?}: {}\n{}", out.status, said(&out)))
    }
}

/// A command that inherits no setting of OpenMP or the loader.
pub fn without_settings(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if ["OMP_", "GOMP_", "GHCOMP_", "LD_"]
            .iter()
            .any(|start| text.starts_with(start))
        {
            command.env_remove(name);
        }
    }
    command
}

/// The runtime in its two forms.
#[derive(Clone)]
pub struct Runtime {
    /// The static archive.
    pub archive: PathBuf,
    /// The folder that has the shared library as `libgomp.so.1`.
    pub folder: PathBuf,
}

impl Runtime {
    /// The runtime that `make test` has built (`GHCOMP_ARCHIVE` and `GHCOMP_LIBRARY`), or one
    /// that is built here, below `scratch`.
    pub fn provide(scratch: &Path) -> Runtime {
        if let Some(archive) = env::var_os("GHCOMP_ARCHIVE") {
            let library = env::var_os("GHCOMP_LIBRARY").expect("GHCOMP_LIBRARY, as GHCOMP_ARCHIVE");
            return Runtime {
                archive: archive.into(),
                folder: Path::new(&library).parent().expect("a folder").into(),
            };
        }
        let rust = Path::new(env!("CARGO_MANIFEST_DIR"));
        let target = scratch.join("target");
        fs::create_dir_all(&target).expect("a folder");
        let run = |command: &mut Command| {
            let status = command.status().expect("it starts");
            assert!(status.success(), "{command:?}: {status}");
        };
        run(Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--locked", "--lib"])
            .args(["--package", "ghcomp", "--target-dir"])
            .arg(&target)
            .current_dir(rust.join(".."))
            .env_remove("RUSTFLAGS"));
        let archive = target.join("release/libghcomp.a");
        let object = scratch.join("ghcomp_core.o");
        let library = scratch.join("libghcomp.so");
        run(Command::new("sh")
            .arg(rust.join("merge.sh"))
            .args([&archive, &object]));
        run(Command::new("sh")
            .arg(rust.join("shared.sh"))
            .args([&object, &library]));
        Runtime {
            archive,
            folder: scratch.into(),
        }
    }
}
