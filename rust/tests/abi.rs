//! Builds and runs the programs of `test/abi`, in C, C++ and Fortran. `gcc -fopenmp` builds
//! them, and each runs at 1, 2, 3, 4, 8 and 16 threads, in two ways: linked with the static
//! archive and nothing of libgomp; and linked with libgomp like any program, but run with the
//! shared library in its place.
//!
//! `GHCOMP_ABI_RUNTIME=libgomp` runs them on the system's libgomp instead, which shows whether
//! a program itself is right. Programs with "ours only" in their first line are left out then;
//! they are always linked with our library.
//!
//! Each Clang that is installed (`clang`, `clang-19`, ...) builds the programs too, and flang
//! those in Fortran. They run on the same library in the place of LLVM's libomp: at one size,
//! because the core is the same. Those in C++ and some others are linked with the archive, too. A Clang without an `omp.h` of its own takes another one's.
//! `GHCOMP_ABI_CLANG` names one Clang to use instead, with options if it needs some.
//!
//! The comment at the top of a program may say more about it, in lines of this form:
//!
//! | line | meaning |
//! |------|---------|
//! | `env: NAME=VALUE ...` | its environment; a value extends to the next `NAME=` |
//! | `sizes: 2 4` | its team sizes, instead of the usual ones |
//! | `links: -lfoo` | further libraries |
//! | `fails: STATUS TEXT` | it ends with this status, and prints TEXT |
//! | `prints: TEXT` | stdout or stderr contains TEXT; a program may have several such lines |
//! | `stress: ROUNDS` | its argument in the long run |
//! | `unwatched: WHY` | neither valgrind nor LeakSanitizer can check it |
//! | `not by Clang: WHY` | only gcc builds it |
//! | `not by Clang before N: WHY` | the same for older ones |
//! | `by Clang: OPTION ...` | options for Clang |
//! | `only by Clang: WHY` | gcc does not build it |
//!
//! Clang stands for flang in programs in Fortran.
//!
//! `GHCOMP_ABI_STRESS=1` runs the long run of the programs that have one.
//! `GHCOMP_ABI_MEMORY=valgrind` and `GHCOMP_ABI_MEMORY=leak` run the shared form under valgrind
//! and with gcc's LeakSanitizer, which must find nothing. `make stress` does all of these.
//! Without `GHCOMP_ABI_MEMORY`, only the programs in [`WATCHED`] are checked so.

mod runtime;

use libtest_mimic::{Arguments, Failed, Trial};
use runtime::{output, said, succeed, without_settings, Runtime};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const SIZES: [&str; 6] = ["1", "2", "3", "4", "8", "16"];

/// Seconds until a program counts as hung.
const TIMEOUT_S: &str = "60";
/// The same for a long run.
const LONG_TIMEOUT_S: &str = "600";

/// The programs that `cargo test` always runs under valgrind and with LeakSanitizer, too: one
/// for each kind of memory that the runtime allocates.
const WATCHED: [&str; 7] = [
    "doacross/wavefronts.c",
    "locks/locks.c",
    "memory/routines.c",
    "nesting/nested.c",
    "parallel/regions.c",
    "reductions/constructs.c",
    "tasks/depend.c",
];

/// Their team sizes then. There are few, because valgrind runs one thread at a time.
const WATCHED_SIZES: [&str; 2] = ["1", "4"];

/// The team size of programs that Clang builds.
const CLANG_SIZE: &str = "4";

/// Seconds until a program under valgrind counts as hung.
const VALGRIND_TIMEOUT_S: &str = "600";

/// The tool that checks a program's memory.
#[derive(Clone, Copy, PartialEq)]
enum Watch {
    Nobody,
    Valgrind,
    Leak,
}

/// Valgrind reports faults by this status. Memory that is still reachable at the end, also
/// only by inner pointers (the stacks of sleeping threads), is no leak.
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

/// Every warning is an error, with a few exceptions. The oldest compiler needs OpenMP's former
/// spellings, and declarations that its `omp.h` lacks; newer compilers warn about these. A
/// compiler ignores a `-Wno` that it does not know.
const WARNINGS: [&str; 6] = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-deprecated-openmp",
    "-Wno-deprecated-declarations",
    "-Wno-enum-int-mismatch",
];

/// The compiler for a source file, with its flags; `None` for other files.
fn compiler(source: &Path) -> Option<(&'static str, &'static [&'static str])> {
    match source.extension()?.to_str()? {
        "c" => Some(("gcc", &WARNINGS)),
        "cc" => Some(("g++", &WARNINGS[..5])), // the last one is C's
        "f90" => Some(("gfortran", &["-Wall", "-Werror", "-Wno-deprecated-openmp"])),
        _ => None,
    }
}

/// The contents of the comment at the top of a program.
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
    /// Why valgrind and LeakSanitizer cannot check it.
    unwatched: Option<String>,
    /// The first version of Clang that builds it.
    clang_from: u32,
    /// Further options for Clang.
    clang_options: Vec<String>,
    /// Whether only Clang builds it.
    only_by_clang: bool,
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
                "not by Clang" => marks.clang_from = u32::MAX,
                "only by Clang" => marks.only_by_clang = true,
                "by Clang" => marks.clang_options = words.map(String::from).collect(),
                "stress" => marks.stress = Some(value.into()),
                "fails" => {
                    let (status, text) = value.split_once(' ').unwrap_or((value, ""));
                    marks.status = status.parse().expect("fails: a number first");
                    marks.prints.push(text.into());
                }
                _ => {
                    if let Some(version) = key.strip_prefix("not by Clang before ") {
                        marks.clang_from = version.parse().expect("before: a version");
                    }
                }
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
    /// The value of `LD_LIBRARY_PATH`.
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
                run.arg(VALGRIND_TIMEOUT_S).args(VALGRIND).arg(&self.file);
            } else if marks.long {
                run.arg(LONG_TIMEOUT_S).arg(&self.file).args(&marks.stress);
            } else {
                run.arg(TIMEOUT_S).arg(&self.file);
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
    // A checked program is slower, so its alarm comes later.
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
    // The linker does not find symbols that only our library has in the system's libgomp.
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

/// A version of Clang that can build programs with OpenMP, or of flang.
#[derive(Clone)]
struct Clang {
    /// Its name for C, such as `clang-22`.
    name: String,
    version: u32,
    options: Vec<String>,
}

impl Clang {
    /// The Clang of this name, if it is here and works; without an `omp.h` of its own with one
    /// from `headers`.
    fn find(name: &str, options: &[&str], headers: &Path) -> Option<Clang> {
        let mut clang = Clang {
            name: name.into(),
            version: 0,
            options: options.iter().map(|&option| option.into()).collect(),
        };
        clang.version = version(name)?;
        let works = |clang: &Clang| {
            let mut command = Command::new(name);
            command.args(["-fopenmp", "-fsyntax-only", "-include", "omp.h", "-x", "c"]);
            command.args(&clang.options).arg("/dev/null");
            succeed(&mut command).is_ok()
        };
        if !works(&clang) {
            clang.options.push("-isystem".into());
            clang.options.push(headers.to_str()?.into());
        }
        works(&clang).then_some(clang)
    }

    /// Without a libomp of its own, it links ours.
    fn linking(mut self, scratch: &Path, runtime: &Runtime) -> Clang {
        let mut command = Command::new(&self.name);
        command.args(["-fopenmp", "-shared", "-x", "assembler", "/dev/null", "-o"]);
        if succeed(command.arg(scratch.join("empty.so"))).is_err() {
            self.options.push(format!("-L{}", runtime.folder.display()));
        }
        self
    }

    /// All that are here, each version once.
    fn all(scratch: &Path) -> Vec<Clang> {
        let headers = scratch.join("omp.h.d");
        fs::create_dir_all(&headers).expect("a folder");
        let mut names = vec![String::from("clang")];
        names.extend((14..40).rev().map(|version| format!("clang-{version}")));
        // The newest one's, rather than that of the usual Clang.
        let newest_first = names.iter().skip(1).chain(&names[..1]);
        let mut own = newest_first.filter_map(|name| {
            let folder = succeed(Command::new(name).arg("-print-resource-dir")).ok()?;
            let header = Path::new(folder.trim()).join("include/omp.h");
            header.exists().then_some(header)
        });
        if let Some(header) = own.next() {
            fs::copy(header, headers.join("omp.h")).expect("omp.h");
        }
        let mut found: Vec<Clang> = Vec::new();
        if let Ok(command) = env::var("GHCOMP_ABI_CLANG") {
            let words: Vec<&str> = command.split_whitespace().collect();
            found.extend(Clang::find(words[0], &words[1..], &headers));
        } else {
            for name in &names {
                if let Some(clang) = Clang::find(name, &[], &headers) {
                    if found.iter().all(|other| other.version != clang.version) {
                        found.push(clang);
                    }
                }
            }
        }
        if found.is_empty() {
            eprintln!(
                "NOT CHECKED: programs that Clang builds; clang or its omp.h is not installed"
            );
        }
        found
    }

    /// The first flang that is here.
    fn flang() -> Option<Clang> {
        let mut names = vec![String::from("flang"), String::from("flang-new")];
        names.extend((19..40).rev().map(|version| format!("flang-{version}")));
        let found = names.iter().find_map(|name| {
            Some(Clang {
                name: name.clone(),
                version: version(name)?,
                // By default it knows the clauses of OpenMP 3.1 alone.
                options: vec![String::from("-fopenmp-version=52")],
            })
        });
        if found.is_none() {
            eprintln!("NOT CHECKED: programs that flang builds; it is not installed");
        }
        found
    }

    /// The command that compiles a source file of this extension.
    fn compiler(&self, extension: &str) -> String {
        match extension {
            "cc" => self.name.replacen("clang", "clang++", 1),
            _ => self.name.clone(),
        }
    }
}

/// The major version that a compiler of LLVM's tells.
fn version(name: &str) -> Option<u32> {
    let said = succeed(Command::new(name).arg("--version")).ok()?;
    let (_, version) = said.split_once(" version ")?;
    version.split('.').next()?.parse().ok()
}

/// Builds one program with Clang or flang, and runs it on our library in the place of libomp.
fn check_by_clang(
    clang: &Clang,
    source: &Path,
    program: &Path,
    marks: &Marks,
    runtime: &Runtime,
) -> Result<(), Failed> {
    fs::create_dir_all(program)?;
    let extension = source.extension().unwrap_or_default().to_string_lossy();
    let file = program.join(format!("{}-{}", clang.name, clang.version));
    succeed(
        Command::new(clang.compiler(&extension))
            .current_dir(program) // modules of Fortran go here
            .args(["-fopenmp", "-O2", "-w", "-o"])
            .args([&file, source])
            .args(&clang.options)
            .args(&marks.clang_options)
            .args(&marks.links)
            // The installed libomp may be an older one, which lacks what programs for ours call.
            .args(marks.ours_only.then(|| runtime.folder.join("libomp.so.5")))
            .args(["-lm", "-lpthread"]),
    )?;
    let usual = Program {
        file,
        folder: Some(runtime.folder.clone()),
    };
    let libraries = succeed(usual.command("ldd").arg(&usual.file))?;
    let ours = format!("=> {}/", runtime.folder.display());
    let mut runtimes = libraries
        .lines()
        .filter(|line| line.contains("libomp") || line.contains("libgomp"))
        .peekable();
    if runtimes.peek().is_none() || !runtimes.all(|line| line.contains(&ours)) {
        return Err(format!("not on our libomp: {libraries}").into());
    }
    let size = match marks.sizes.last() {
        Some(last) if marks.sizes != SIZES => last.clone(),
        _ => String::from(CLANG_SIZE),
    };
    let marks = Marks {
        sizes: vec![size],
        ..marks.clone()
    };
    usual.run(&marks, Watch::Nobody)?;

    // As Haskell programs have it: the archive, and no option at link time that names OpenMP.
    if !WATCHED.iter().any(|watched| source.ends_with(watched)) && extension != "cc" {
        return Ok(());
    }
    let object = program.join(format!("{}-{}.o", clang.name, clang.version));
    succeed(
        Command::new(clang.compiler(&extension))
            .args(["-fopenmp", "-O2", "-w", "-c", "-o"])
            .args([&object, source])
            .args(
                clang
                    .options
                    .iter()
                    .filter(|option| !option.starts_with("-L")),
            )
            .args(&marks.clang_options),
    )?;
    let own = Program {
        file: program.join(format!("{}-{}-static", clang.name, clang.version)),
        folder: None,
    };
    succeed(
        Command::new(clang.compiler(&extension))
            .arg("-o")
            .args([&own.file, &object])
            .args(&marks.links)
            .arg(&runtime.archive)
            .args(["-lpthread", "-lm", "-ldl"]),
    )?;
    let libraries = succeed(own.command("ldd").arg(&own.file))?;
    if libraries.contains("libgomp") || libraries.contains("libomp") {
        return Err(format!("another runtime in the program: {libraries}").into());
    }
    own.run(&marks, Watch::Nobody)
}

/// The tools under which a program is run.
fn watches(name: &str, marks: &Marks) -> Vec<Watch> {
    let all = match env::var("GHCOMP_ABI_MEMORY").as_deref() {
        Ok("valgrind") => vec![Watch::Valgrind],
        Ok("leak") => vec![Watch::Leak],
        Ok(other) => panic!("GHCOMP_ABI_MEMORY={other}: valgrind or leak"),
        Err(_) if marks.long => vec![Watch::Nobody],
        Err(_) if WATCHED.contains(&name) => vec![Watch::Nobody, Watch::Valgrind, Watch::Leak],
        Err(_) => vec![Watch::Nobody],
    };
    // LeakSanitizer's locks do not work in the child of a process with threads.
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
    let linking = |clang: Clang| match &runtime {
        Some(runtime) => clang.linking(&scratch, runtime),
        None => clang,
    };
    let clangs: Vec<Clang> = Clang::all(&scratch).into_iter().map(linking).collect();
    let flang = Clang::flang().map(linking);

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
            let watches = match marks.only_by_clang {
                true => Vec::new(),
                false => watches(&name, &marks),
            };
            for watch in watches {
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
            let plain = !marks.long && env::var_os("GHCOMP_ABI_MEMORY").is_none();
            let (true, Some(runtime)) = (plain, &runtime) else {
                continue;
            };
            let compilers: Vec<&Clang> = match file.extension().is_some_and(|end| end == "f90") {
                true => flang.iter().collect(),
                false => clangs.iter().collect(),
            };
            for clang in compilers {
                if clang.version < marks.clang_from {
                    continue;
                }
                let (clang, file, program) = (clang.clone(), file.clone(), program.clone());
                let (marks, runtime) = (marks.clone(), runtime.clone());
                let kind = if clang.name.contains("flang") {
                    "flang"
                } else {
                    "clang"
                };
                let name = format!("{kind}-{}/{name}", clang.version);
                trials.push(Trial::test(name, move || {
                    check_by_clang(&clang, &file, &program, &marks, &runtime)
                }));
            }
        }
    }
    trials.sort_by(|a, b| a.name().cmp(b.name()));
    libtest_mimic::run(&arguments, trials).exit();
}
