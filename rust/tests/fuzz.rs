//! Random OpenMP programs ([`program`]). Each knows its expected results. They run with
//! the shared library instead of libgomp.
//!
//! A seed determines a program. `cargo test` uses the same few seeds each time.
//! `GHCOMP_FUZZ_SECONDS=600` uses new ones for that long, as `make stress` does. A failure
//! names its seed: `GHCOMP_FUZZ_SEED=N` makes that program and runs it at all team sizes.
//!
//! Also random environments ([`environment`]), in which a small program must do its work
//! or end with one sentence and status 1. And odd arguments for every entry
//! ([`entries`]).
//!
//! `GHCOMP_ABI_RUNTIME=libgomp` runs them on the system's libgomp instead, to see
//! whether the generator itself is right.

#[path = "fuzz/entries.rs"]
mod entries;
#[path = "fuzz/environment.rs"]
mod environment;
#[path = "fuzz/program.rs"]
mod program;
#[allow(dead_code)] // the archive is for others
mod runtime;

use libtest_mimic::{Arguments, Failed, Trial};
use runtime::{output, said, succeed, without_settings, Runtime};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

const SIZES: [u32; 9] = [1, 2, 3, 4, 7, 8, 16, 33, 64];

/// The seeds of a short run, and the number of team sizes for each.
const SEEDS: std::ops::Range<u64> = 1..7;
const SIZES_OF_SEED: usize = 3;

/// The environments of a short run.
const ENVIRONMENTS: std::ops::Range<u64> = 1..150;

/// The random calls of each entry in a short run, besides the patterns.
const CALLS: usize = 2;

/// Stop after this many failed calls.
const FAILURES: u32 = 20;

/// Most bytes that the program of an environment may print: it may have to display a value
/// of 100 KB that the user has set, and each thread may print it.
const TALK: usize = 10_000_000;

/// Seconds until a program reports that it hangs, and until it is killed.
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
        // The program of a failure stays.
        fs::remove_file(file)?;
        fs::remove_file(source)?;
        Ok(())
    }
}

impl Fuzzer {
    /// Builds a program of this folder: that of [`Fuzzer::survive`] or
    /// [`Fuzzer::call`].
    fn build(&self, name: &str) -> Result<PathBuf, Failed> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fuzz/{name}.c"));
        let file = self.scratch.join(name);
        succeed(
            Command::new("gcc")
                .args(["-fopenmp", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
                .args([&file, &source])
                .arg("-ldl"),
        )?;
        Ok(file)
    }

    /// Calls every entry with the patterns and `random` other arguments of a seed.
    fn call(&self, program: &Path, seed: u64, random: usize) -> Result<(), Failed> {
        let rust = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut names = entries::of_map(&fs::read_to_string(rust.join("libgomp.map"))?);
        if self.runtime.is_some() {
            let header = fs::read_to_string(rust.join("include/ghcomp.h"))?;
            names.extend(entries::of_header(&header));
        }
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut calls = Vec::new();
        let mut failures = String::new();
        let mut failed = 0;
        for (name, node) in &names {
            match entries::calls(&mut rng, name, node, random) {
                Ok(more) => calls.extend(more),
                Err(error) => failures += &format!("{error}\n"),
            }
        }
        let mut run = without_settings(program);
        run.env("OMP_CANCELLATION", "true");
        run.env("OMP_WAIT_POLICY", "passive");
        if let Some(runtime) = &self.runtime {
            run.env("LD_LIBRARY_PATH", &runtime.folder);
        }
        let mut child = run.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut to = child.stdin.take().expect("piped");
        let mut from = BufReader::new(child.stdout.take().expect("piped"));
        let mut tally = entries::Tally::default();
        for call in &calls {
            to.write_all(call.line.as_bytes())?;
            to.write_all(b"\n")?;
            let mut answer = String::new();
            from.read_line(&mut answer)?;
            let words: Vec<&str> = answer.split_whitespace().collect();
            let word = |i: usize| words.get(i).and_then(|word| word.parse().ok());
            let ending = match (words.first(), word(1)) {
                (Some(&"exit"), Some(status)) => entries::Ending::Exit(status),
                (Some(&"signal"), Some(number)) => entries::Ending::Signal(number),
                (Some(&"missing"), _) if self.runtime.is_none() => continue,
                (Some(&"missing"), _) => entries::Ending::Missing,
                _ => entries::Ending::Other(&answer),
            };
            let mut said = vec![0; word(2).unwrap_or(0) as usize];
            from.read_exact(&mut said)?;
            let said = String::from_utf8_lossy(&said);
            if let Err(error) = entries::judge(call, &ending, &said, &mut tally) {
                failed += 1;
                failures += &format!("GHCOMP_FUZZ_SEED={seed}: {}\n", shortened(&error));
            }
            // A hang takes long.
            if failed == FAILURES || matches!(ending, entries::Ending::Other(_)) {
                break;
            }
        }
        drop(to);
        child.wait()?;
        eprintln!(
            "{} entries, {} calls: {:?}",
            names.len(),
            calls.len(),
            tally.endings
        );
        if env::var_os("GHCOMP_FUZZ_SEED").is_some() {
            eprintln!("SIGSEGV: {:?}", tally.crashed);
        }
        if failures.is_empty() {
            Ok(())
        } else {
            Err(failures.into())
        }
    }

    /// Runs that program in the environment of a seed.
    fn survive(&self, program: &Path, seed: u64) -> Result<(), Failed> {
        let mut block = environment::environment(seed);
        if let Some(runtime) = &self.runtime {
            let path = format!("LD_LIBRARY_PATH={}\0", runtime.folder.display());
            block.extend(path.bytes());
        }
        let file = self.scratch.join(format!("environment-{seed}"));
        fs::write(&file, &block)?;
        let mut run = without_settings("timeout");
        run.arg(LIMIT).args([program, &file]);
        let out = output(&mut run)?;
        let text = said(&out);
        let bad = ["panicked", "RUST_BACKTRACE", "overflow"];
        let wrong = match out.status.code() {
            Some(0) => text.len() > TALK,
            // The last line says why.
            Some(1) => {
                let last = text.trim_end().lines().last().unwrap_or_default();
                !["libgomp: ", "ghcomp: "]
                    .iter()
                    .any(|who| last.starts_with(who))
            }
            _ => true,
        };
        if wrong || bad.iter().any(|bad| text.contains(bad)) {
            return Err(format!(
                "GHCOMP_FUZZ_SEED={seed}, the environment: {}\n{}\nit says, in {} bytes: {}",
                out.status,
                shortened(&String::from_utf8_lossy(&block)),
                text.len(),
                shortened(&text)
            )
            .into());
        }
        fs::remove_file(file)?;
        Ok(())
    }
}

/// The text, without its middle if it is long.
fn shortened(text: &str) -> String {
    if text.len() < 4000 {
        return text.escape_debug().to_string();
    }
    let chars: Vec<char> = text.chars().collect();
    let (start, end) = (&chars[..1000], &chars[chars.len() - 1000..]);
    let (start, end): (String, String) = (start.iter().collect(), end.iter().collect());
    format!("{} ... {}", start.escape_debug(), end.escape_debug())
}

/// Tries new seeds for this long.
fn for_long(fuzzer: &Fuzzer, seconds: u64) -> Result<(), Failed> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut failures = String::new();
    let mut count = 0;
    let program = fuzzer.build("environment")?;
    let caller = fuzzer.build("entries")?;
    while Instant::now() < end {
        let seed = fastrand::u64(..1 << 32);
        count += 1;
        let environments = (seed..seed + 50).map(|seed| fuzzer.survive(&program, seed));
        let programs = [fuzzer.check(seed, &SIZES)];
        let calls = [fuzzer.call(&caller, seed, 10)];
        for error in environments
            .chain(programs)
            .chain(calls)
            .filter_map(Result::err)
        {
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
        let program = Trial::test(format!("programs/seed_{seed}"), move || {
            fuzzer.check(seed, &SIZES)
        });
        let environment = Trial::test(format!("environments/seed_{seed}"), move || {
            fuzzer.survive(&fuzzer.build("environment")?, seed)
        });
        let entries = Trial::test(format!("entries/seed_{seed}"), move || {
            fuzzer.call(&fuzzer.build("entries")?, seed, 10)
        });
        vec![program, environment, entries]
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
        let environments = Trial::test("environments", move || {
            let program = fuzzer.build("environment")?;
            for seed in ENVIRONMENTS {
                fuzzer.survive(&program, seed)?;
            }
            Ok(())
        });
        let entries = Trial::test("entries", move || {
            fuzzer.call(&fuzzer.build("entries")?, 1, CALLS)
        });
        SEEDS.map(trial).chain([environments, entries]).collect()
    };
    libtest_mimic::run(&arguments, trials).exit();
}
