//! The C programs of `test/abi`: built by `gcc -fopenmp`, linked with the
//! static archive and nothing of libgomp, run at 1, 2, 3, 4, 8 and 16 threads.
//!
//! `GHCOMP_ABI_RUNTIME=libgomp` runs them on the system's libgomp instead, to
//! see whether a program itself is right; programs that say "ours only" in
//! their first line are left out then.

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

const SIZES: [u32; 6] = [1, 2, 3, 4, 8, 16];

fn output(command: &mut Command) -> Result<Output, Failed> {
    command
        .output()
        .map_err(|error| format!("{command:?}: {error}").into())
}

fn succeed(command: &mut Command) -> Result<String, Failed> {
    let out = output(command)?;
    let text =
        String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    if out.status.success() {
        Ok(text)
    } else {
        Err(format!("{command:?}: {}\n{text}", out.status).into())
    }
}

/// The static archive as a program links it.
fn archive(scratch: &Path) -> PathBuf {
    if let Some(archive) = env::var_os("GHCOMP_ARCHIVE") {
        return archive.into();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = scratch.join("target");
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--lib",
            "--package",
            "ghcomp",
        ])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(root)
        .env_remove("RUSTFLAGS")
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the archive does not build");
    target.join("release/libghcomp.a")
}

/// Builds one program and runs it at all sizes.
fn check(source: &Path, program: &Path, archive: Option<&Path>) -> Result<(), Failed> {
    let object = program.with_extension("o");
    succeed(
        Command::new("gcc")
            .args(["-fopenmp", "-O2", "-Wall", "-Wextra", "-Werror", "-c", "-o"])
            .arg(&object)
            .arg(source),
    )?;
    let mut link = Command::new("gcc");
    link.arg("-o").arg(program).arg(&object);
    match archive {
        Some(archive) => link.arg(archive).args(["-lpthread", "-lm", "-ldl"]),
        None => link.args(["-fopenmp", "-lm"]),
    };
    succeed(&mut link)?;
    if archive.is_some() {
        let libraries = succeed(Command::new("ldd").arg(program))?;
        if libraries.contains("gomp") {
            return Err(format!("libgomp is in the program:\n{libraries}").into());
        }
    }
    for size in SIZES {
        // The program's own alarm ends a hang.
        let mut run = Command::new(program);
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("OMP_") || name.starts_with("GOMP_") {
                run.env_remove(name);
            }
        }
        run.env("OMP_NUM_THREADS", size.to_string());
        succeed(&mut run).map_err(|failed| -> Failed {
            format!(
                "at {size} threads: {}",
                failed.message().unwrap_or_default()
            )
            .into()
        })?;
    }
    Ok(())
}

fn main() {
    let arguments = Arguments::from_args();
    let libgomp = env::var("GHCOMP_ABI_RUNTIME").is_ok_and(|name| name == "libgomp");
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abi");
    fs::create_dir_all(&scratch).expect("a folder for the programs");
    let archive = (!arguments.list && !libgomp).then(|| archive(&scratch));

    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test/abi");
    let mut trials = Vec::new();
    for folder in fs::read_dir(programs).expect("test/abi").flatten() {
        let Ok(files) = fs::read_dir(folder.path()) else {
            continue;
        };
        for file in files.flatten().map(|file| file.path()) {
            if file.extension().is_none_or(|extension| extension != "c") {
                continue;
            }
            let text = fs::read_to_string(&file).expect("a program's text");
            let ours_only = text
                .lines()
                .next()
                .is_some_and(|line| line.contains("ours only"));
            let construct = folder.file_name().to_string_lossy().into_owned();
            let name = file
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let program = scratch.join(format!("{construct}-{name}"));
            let archive = archive.clone();
            let trial = Trial::test(format!("{construct}/{name}"), move || {
                check(&file, &program, archive.as_deref())
            });
            trials.push(trial.with_ignored_flag(libgomp && ours_only));
        }
    }
    trials.sort_by(|a, b| a.name().cmp(b.name()));
    libtest_mimic::run(&arguments, trials).exit();
}
