//! Random OpenMP programs, each of which knows what must come of it
//! ([`program`]), run with the shared library in libgomp's place.
//!
//! A program is made from a seed. `cargo test` takes the same few each time;
//! `GHCOMP_FUZZ_SECONDS=600` takes new ones for so long, as `make stress` does.
//! `GHCOMP_FUZZ_SEED=N` makes the program of one seed, which a failure names, and
//! runs it at all team sizes.
//!
//! `GHCOMP_ABI_RUNTIME=libgomp` runs them on the system's libgomp instead, to see
//! whether the generator itself is right.

#[path = "fuzz/program.rs"]
mod program;
#[allow(dead_code)] // the archive is for others
mod runtime;

use libtest_mimic::{Arguments, Failed, Trial};
use runtime::{output, said, succeed, without_settings, Runtime};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

const SIZES: [u32; 9] = [1, 2, 3, 4, 7, 8, 16, 33, 64];

/// The seeds of a short run, and how many sizes each of them has.
const SEEDS: std::ops::Range<u64> = 1..7;
const SIZES_OF_SEED: usize = 3;

/// Seconds until a program says that it hangs, and until it is ended.
const PATIENCE: &str = "100";
const LIMIT: &str = "120";

struct Fuzzer {
    scratch: PathBuf,
    /// Ours; else the system's libgomp.
    runtime: Option<Runtime>,
}

impl Fuzzer {
    /// Makes the program of a seed and runs it at these sizes.
    fn check(&self, seed: u64, sizes: &[u32]) -> Result<(), Failed> {
        let made = program::program(seed);
        let source = self.scratch.join(format!("seed-{seed}.c"));
        let file = source.with_extension("");
        fs::write(&source, &made.text)?;
        succeed(
            Command::new("gcc")
                .args(["-fopenmp", "-O1", "-w", "-o"])
                .args([&file, &source])
                .arg(format!("-DSHALLOW={}", u32::from(self.runtime.is_none())))
                .arg("-lpthread"),
        )?;
        for size in sizes {
            let mut run = without_settings("timeout");
            run.arg(LIMIT).arg(&file).arg(PATIENCE);
            run.env("OMP_NUM_THREADS", size.to_string());
            run.envs(made.variables.iter().copied());
            if let Some(runtime) = &self.runtime {
                run.env("LD_LIBRARY_PATH", &runtime.folder);
            }
            let out = output(&mut run)?;
            if !out.status.success() {
                return Err(format!(
                    "GHCOMP_FUZZ_SEED={seed} at {size} threads: {}\n{}{:?}",
                    out.status,
                    said(&out),
                    made.variables
                )
                .into());
            }
        }
        // A failure's program stays.
        fs::remove_file(file)?;
        fs::remove_file(source)?;
        Ok(())
    }
}

/// New seeds for so long.
fn for_long(fuzzer: &Fuzzer, seconds: u64) -> Result<(), Failed> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut failures = String::new();
    let mut count = 0;
    while Instant::now() < end {
        let seed = fastrand::u64(..1 << 32);
        count += 1;
        if let Err(error) = fuzzer.check(seed, &SIZES) {
            let text = format!("{}\n", error.message().unwrap_or("it failed"));
            eprint!("{text}");
            failures += &text;
        }
    }
    eprintln!("{count} seeds");
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.into())
    }
}

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}: {text:?} is not a number")),
    )
}

fn main() {
    let arguments = Arguments::from_args();
    let libgomp = env::var("GHCOMP_ABI_RUNTIME").is_ok_and(|name| name == "libgomp");
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    fs::create_dir_all(&scratch).expect("a folder for the programs");
    let runtime = (!arguments.list && !libgomp).then(|| Runtime::provide(&scratch));
    let fuzzer: &'static Fuzzer = Box::leak(Box::new(Fuzzer { scratch, runtime }));

    let trials = if let Some(seed) = number("GHCOMP_FUZZ_SEED") {
        vec![Trial::test(format!("programs/seed_{seed}"), move || {
            fuzzer.check(seed, &SIZES)
        })]
    } else if let Some(seconds) = number("GHCOMP_FUZZ_SECONDS") {
        vec![Trial::test("programs/long", move || {
            for_long(fuzzer, seconds)
        })]
    } else {
        let trial = |seed| {
            let at = seed as usize * SIZES_OF_SEED;
            let sizes: Vec<u32> = SIZES
                .into_iter()
                .cycle()
                .skip(at)
                .take(SIZES_OF_SEED)
                .collect();
            Trial::test(format!("programs/seed_{seed}"), move || {
                fuzzer.check(seed, &sizes)
            })
        };
        SEEDS.map(trial).collect()
    };
    libtest_mimic::run(&arguments, trials).exit();
}
