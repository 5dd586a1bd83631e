//! The programs of `test/abi`, in C, C++ and Fortran: built by `gcc -fopenmp`,
//! run at 1, 2, 3, 4, 8 and 16 threads, in two ways: linked with the static
//! archive and nothing of libgomp, and linked with libgomp as any program is
//! but run with the shared library in its place.
//!
//! `GHCOMP_ABI_RUNTIME=libgomp` runs them on the system's libgomp instead, to
//! see whether a program itself is right; programs that say "ours only" in
//! their first line are left out then, and are linked with our library itself.
//!
//! The comment at a program's top may say more about it, a line each:
//!
//! | line | meaning |
//! |------|---------|
//! | `env: NAME=VALUE ...` | variables it runs with; a value goes on to the next `NAME=` |
//! | `sizes: 2 4` | the team sizes, if not the usual ones |
//! | `links: -lfoo` | further libraries |
//! | `fails: STATUS TEXT` | it ends with this status, and prints TEXT |
//! | `prints: TEXT` | stdout or stderr has TEXT in it; any number of these |
//! | `stress: ROUNDS` | its argument in a long run |
//! | `unwatched: WHY` | neither valgrind nor LeakSanitizer can look at it |
//!
//! `GHCOMP_ABI_STRESS=1` runs the programs that have a long run, in that form;
//! `make stress` does. `GHCOMP_ABI_MEMORY=valgrind` and `GHCOMP_ABI_MEMORY=leak` run
//! the shared form under valgrind and with gcc's LeakSanitizer, which must say
//! nothing; `make stress` does this, too. Without either, [`WATCHED`] are run so.

mod runtime;

use libtest_mimic::{Arguments, Failed, Trial};
use runtime::{output, said, succeed, without_settings, Runtime};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const SIZES: [&str; 6] = ["1", "2", "3", "4", "8", "16"];

/// Seconds until a program counts as hung, and for a long run.
const PATIENCE: &str = "60";
const LONG_PATIENCE: &str = "600";

/// The programs that `cargo test` runs under valgrind and with LeakSanitizer: one
/// for each kind of memory that the runtime takes.
const WATCHED: [&str; 7] = [
    "doacross/wavefronts.c",
    "locks/locks.c",
    "memory/routines.c",
    "nesting/nested.c",
    "parallel/regions.c",
    "reductions/constructs.c",
    "tasks/depend.c",
];

/// The team sizes of these. Valgrind runs one thread at a time.
const WATCHED_SIZES: [&str; 2] = ["1", "4"];

/// Seconds until a program under valgrind counts as hung.
const VALGRIND_PATIENCE: &str = "600";

/// Who looks at a program's memory.
#[derive(Clone, Copy, PartialEq)]
enum Watch {
    Nobody,
    Valgrind,
    Leak,
}

/// Valgrind reports what is wrong by this status. What is still reachable at the
/// end, and what only inner pointers reach (the stacks of sleeping threads), is no
/// leak.
const VALGRIND: [&str; 8] = [
    "valgrind",
    "--quiet",
    "--error-exitcode=99",
    "--leak-check=full",
    "--show-leak-kinds=definite",
    "--errors-for-leak-kinds=definite",
    "--fair-sched=yes",
    concat!(
        "--suppressions=",
        env!("CARGO_MANIFEST_DIR"),
        "/tests/valgrind.supp"
    ),
];

/// Every warning is an error, but those of newer compilers about what the oldest
/// one demands: OpenMP's former spellings, and declarations that its `omp.h` lacks.
/// A compiler keeps silent about a `-Wno` that it does not know.
const WARNINGS: [&str; 6] = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-deprecated-openmp",
    "-Wno-deprecated-declarations",
    "-Wno-enum-int-mismatch",
];

/// The compiler for a source file, with its flags; none for other files.
fn compiler(source: &Path) -> Option<(&'static str, &'static [&'static str])> {
    match source.extension()?.to_str()? {
        "c" => Some(("gcc", &WARNINGS)),
        "cc" => Some(("g++", &WARNINGS[..5])), // the last one is C's
        "f90" => Some(("gfortran", &["-Wall", "-Werror", "-Wno-deprecated-openmp"])),
        _ => None,
    }
}

/// What the comment at a program's top says.
#[derive(Clone, Default)]
struct Marks {
    ours_only: bool,
    env: Vec<(String, String)>,
    sizes: Vec<String>,
    links: Vec<String>,
    status: i32,
    prints: Vec<String>,
    stress: Option<String>,
    /// Whether this is the long run.
    long: bool,
    /// Why valgrind or LeakSanitizer cannot look at it.
    unwatched: Option<String>,
}

impl Marks {
    fn read(text: &str) -> Marks {
        let mut marks = Marks {
            ours_only: text.lines().next().unwrap_or("").contains("ours only"),
            long: env::var_os("GHCOMP_ABI_STRESS").is_some(),
            ..Marks::default()
        };
        let comment = text
            .lines()
            .take_while(|line| line.trim_start().starts_with(['/', '*', '!']));
        for line in comment {
            let line = line.trim_matches(|c: char| c.is_whitespace() || "/*!".contains(c));
            let Some((key, value)) = line.split_once(": ") else {
                continue;
            };
            let words = value.split_whitespace();
            match key {
                "env" => marks.variables(value),
                "sizes" => marks.sizes = words.map(String::from).collect(),
                "links" => marks.links = words.map(String::from).collect(),
                "prints" => marks.prints.push(value.into()),
                "unwatched" => marks.unwatched = Some(value.into()),
                "stress" => marks.stress = Some(value.into()),
                "fails" => {
                    let (status, text) = value.split_once(' ').unwrap_or((value, ""));
                    marks.status = status.parse().expect("fails: a number first");
                    marks.prints.push(text.into());
                }
                _ => {}
            }
        }
        if marks.sizes.is_empty() {
            marks.sizes = SIZES.map(String::from).into();
        }
        marks
    }

    fn variables(&mut self, value: &str) {
        for word in value.split(' ') {
            let name = word.split_once('=').filter(|(name, _)| {
                !name.is_empty()
                    && name
                        .chars()
                        .all(|c| matches!(c, 'A'..='Z' | '0'..='9' | '_'))
            });
            match (name, self.env.last_mut()) {
                (Some((name, value)), _) => self.env.push((name.into(), value.into())),
                (None, Some((_, value))) => *value += &format!(" {word}"),
                (None, None) => panic!("env: {word} is not NAME=VALUE"),
            }
        }
    }
}

/// A program that is built, ready to be run.
struct Program {
    file: PathBuf,
    /// For `LD_LIBRARY_PATH`.
    folder: Option<PathBuf>,
}

impl Program {
    fn command(&self, program: &str) -> Command {
        let mut command = without_settings(program);
        if let Some(folder) = &self.folder {
            command.env("LD_LIBRARY_PATH", folder);
        }
        command
    }

    /// Where the loader finds a libgomp.
    fn libgomp(&self) -> Result<Vec<String>, Failed> {
        let libraries = succeed(self.command("ldd").arg(&self.file))?;
        let gomp = libraries.lines().filter(|line| line.contains("gomp"));
        Ok(gomp.map(|line| line.trim().into()).collect())
    }

    fn run(&self, marks: &Marks, watch: Watch) -> Result<(), Failed> {
        let watched: Vec<String> = WATCHED_SIZES.map(String::from).into();
        let sizes = if watch == Watch::Nobody || marks.sizes != SIZES {
            &marks.sizes
        } else {
            &watched
        };
        for size in sizes {
            let mut run = self.command("timeout");
            if watch == Watch::Valgrind {
                run.arg(VALGRIND_PATIENCE).args(VALGRIND).arg(&self.file);
            } else if marks.long {
                run.arg(LONG_PATIENCE).arg(&self.file).args(&marks.stress);
            } else {
                run.arg(PATIENCE).arg(&self.file);
            }
            run.env("OMP_NUM_THREADS", size);
            if watch != Watch::Nobody {
                run.env("OMP_WAIT_POLICY", "passive");
                run.env("LSAN_OPTIONS", "allocator_may_return_null=1");
            }
            run.envs(marks.env.iter().map(|(name, value)| (name, value)));
            let out = output(&mut run)?;
            let text = said(&out);
            let missing = marks.prints.iter().find(|part| !text.contains(&**part));
            if out.status.code() != Some(marks.status) || missing.is_some() {
                let missing = missing.map(|part| format!("it does not print {part:?}\n"));
                return Err(format!(
                    "{:?} at {size} threads: {}\n{}{text}",
                    self.file,
                    out.status,
                    missing.unwrap_or_default()
                )
                .into());
            }
        }
        Ok(())
    }
}

/// Builds one program, and runs it in each way at all sizes.
fn check(
    source: &Path,
    program: &Path,
    marks: &Marks,
    runtime: Option<&Runtime>,
    watch: Watch,
) -> Result<(), Failed> {
    let (compiler, flags) = compiler(source).expect("a program");
    let object = program.join("object.o");
    fs::create_dir_all(program)?;
    // The programs' alarms are for a processor of one's own.
    let watched: &[&str] = match watch {
        Watch::Nobody => &[],
        Watch::Valgrind => &["-g", "-DPATIENCE=600", "-DWATCHED"],
        Watch::Leak => &["-g", "-fsanitize=leak", "-DPATIENCE=600", "-DWATCHED"],
    };
    succeed(
        Command::new(compiler)
            .current_dir(program) // modules of Fortran go here
            .args(["-fopenmp", "-O2", "-c", "-o"])
            .args([&object, source])
            .args(flags)
            .args(watched),
    )?;
    let link = |name: &str, runtime: &[&str]| {
        let file = program.join(name);
        let mut link = Command::new(compiler);
        link.arg("-o").args([&file, &object]);
        link.args(&marks.links).args(runtime).args(watched);
        succeed(&mut link).map(|_| file)
    };
    // What only ours has, the linker does not find in the system's libgomp.
    let ours = runtime.map(|runtime| runtime.folder.join("libgomp.so.1"));
    let library = match &ours {
        Some(ours) if marks.ours_only => ours.to_str().expect("a path in UTF-8"),
        _ => "-fopenmp",
    };
    let usual = Program {
        file: link("shared", &[library, "-lm"])?,
        folder: runtime.map(|runtime| runtime.folder.clone()),
    };
    let (Some(runtime), Some(ours)) = (runtime, ours) else {
        return usual.run(marks, watch);
    };
    let found = usual.libgomp()?;
    let expected = format!("libgomp.so.1 => {} (", ours.display());
    if !matches!(&found[..], [one] if one.starts_with(&expected)) {
        return Err(format!("not ours alone: {found:?}").into());
    }
    if watch != Watch::Nobody {
        return usual.run(marks, watch);
    }

    let archive = runtime.archive.to_str().expect("a path in UTF-8");
    let own = Program {
        file: link("static", &[archive, "-lpthread", "-lm", "-ldl"])?,
        folder: None,
    };
    let found = own.libgomp()?;
    if !found.is_empty() {
        return Err(format!("libgomp is in the program: {found:?}").into());
    }
    own.run(marks, watch)?;

    usual.run(marks, watch)
}

/// In which ways a program is run.
fn watches(name: &str, marks: &Marks) -> Vec<Watch> {
    let all = match env::var("GHCOMP_ABI_MEMORY").as_deref() {
        Ok("valgrind") => vec![Watch::Valgrind],
        Ok("leak") => vec![Watch::Leak],
        Ok(other) => panic!("GHCOMP_ABI_MEMORY={other}: valgrind or leak"),
        Err(_) if marks.long => vec![Watch::Nobody],
        Err(_) if WATCHED.contains(&name) => vec![Watch::Nobody, Watch::Valgrind, Watch::Leak],
        Err(_) => vec![Watch::Nobody],
    };
    // LeakSanitizer's own locks do not serve the child of a process with threads.
    let forks = name.starts_with("fork/");
    let can = |watch: &Watch| match watch {
        Watch::Nobody => true,
        Watch::Valgrind => marks.unwatched.is_none(),
        Watch::Leak => marks.unwatched.is_none() && !forks,
    };
    all.into_iter().filter(can).collect()
}

fn main() {
    let arguments = Arguments::from_args();
    let libgomp = env::var("GHCOMP_ABI_RUNTIME").is_ok_and(|name| name == "libgomp");
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abi");
    fs::create_dir_all(&scratch).expect("a folder for the programs");
    let runtime = (!arguments.list && !libgomp).then(|| Runtime::provide(&scratch));

    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test/abi");
    let programs = programs.canonicalize().expect("test/abi");
    let mut trials = Vec::new();
    for folder in fs::read_dir(programs).expect("test/abi").flatten() {
        let Ok(files) = fs::read_dir(folder.path()) else {
            continue;
        };
        for file in files.flatten().map(|file| file.path()) {
            if compiler(&file).is_none() {
                continue;
            }
            let marks = Marks::read(&fs::read_to_string(&file).expect("a program's text"));
            if marks.long && marks.stress.is_none() {
                continue;
            }
            let construct = folder.file_name().to_string_lossy().into_owned();
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let program = scratch.join(format!("{construct}-{name}.d"));
            let name = format!("{construct}/{name}");
            for watch in watches(&name, &marks) {
                let program = match watch {
                    Watch::Nobody => program.clone(),
                    Watch::Valgrind => program.with_extension("valgrind"),
                    Watch::Leak => program.with_extension("leak"),
                };
                let name = match watch {
                    Watch::Nobody => name.clone(),
                    Watch::Valgrind => format!("valgrind/{name}"),
                    Watch::Leak => format!("leak/{name}"),
                };
                let (file, marks, runtime) = (file.clone(), marks.clone(), runtime.clone());
                let ignored = libgomp && marks.ours_only;
                let trial = Trial::test(name, move || {
                    check(&file, &program, &marks, runtime.as_ref(), watch)
                });
                trials.push(trial.with_ignored_flag(ignored));
            }
        }
    }
    trials.sort_by(|a, b| a.name().cmp(b.name()));
    libtest_mimic::run(&arguments, trials).exit();
}
