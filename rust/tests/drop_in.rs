//! The shared library as a stand-in for libgomp.so.1, and the archive: their symbols, and the
//! ways in which a program comes to use the library.
#![cfg(not(loom))]

mod runtime;

use runtime::{output, succeed, without_settings, Runtime};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The host symbols of libgomp's ABI, those of GCC 16 and those new in 17: names at
/// version nodes.
const SYMBOLS: usize = 346 + 36;
/// The entries that Clang calls, LLVM's names of routines for C, and more that programs use;
/// atomic operations and more that Intel's compilers call; more routines of LLVM's;
/// `interop`.
const LLVM_SYMBOLS: usize = 87 + 11 + 15 + 340 + 62 + 86 + 3 - OF_X86;
/// Those of the `long double` of x86, elsewhere.
const OF_X86: usize = if cfg!(target_arch = "x86_64") { 0 } else { 34 };
/// The node at which LLVM's libomp has everything, what libgomp has, too.
const LLVM_NODE: &str = "VERSION";

fn scratch() -> PathBuf {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("drop-in");
    fs::create_dir_all(&scratch).expect("a folder");
    scratch
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::provide(&scratch()))
}

fn library() -> PathBuf {
    runtime().folder.join("libgomp.so.1")
}

fn readelf(options: &[&str], file: &Path) -> String {
    succeed(Command::new("readelf").arg("-W").args(options).arg(file)).expect("readelf")
}

/// `name@node` for all symbols that the version script names, but our own.
fn expected() -> BTreeSet<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("libgomp.map");
    let script = fs::read_to_string(script).expect("the version script");
    let mut node = "";
    let mut symbols = BTreeSet::new();
    for line in script.lines() {
        if let Some(name) = line.strip_suffix(" {") {
            node = name;
        } else if let Some(name) = line.trim().strip_suffix(';') {
            let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            // LLVM's runtime has these on x86 only, and so has ours.
            let is_of_x86 = name.contains("_float10_") || name.contains("_cmplx10_");
            let is_here = cfg!(target_arch = "x86_64") || !is_of_x86;
            if is_name && is_here && node != "GHCOMP_0.1" {
                symbols.insert(format!("{name}@{node}"));
            }
        }
    }
    symbols
}

/// `name@node` for all symbols that the library exports.
fn shown() -> BTreeSet<String> {
    readelf(&["--dyn-syms"], &library())
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|columns| columns.len() > 7 && columns[4] != "LOCAL" && columns[6] != "UND")
        .map(|columns| columns[7].replace("@@", "@"))
        .collect()
}

fn compile(source: &str, program: &str, more: &[&str]) -> PathBuf {
    let program = scratch().join(program);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test/drop-in");
    succeed(
        Command::new("gcc")
            .args(["-O1", "-Wall", "-Wextra", "-Werror", "-o"])
            .args([&program, &root.join(source)])
            .args(more),
    )
    .expect(source);
    program
}

#[test]
fn the_library_has_every_symbol_at_its_version() {
    let expected = expected();
    assert_eq!(
        expected.len(),
        SYMBOLS + LLVM_SYMBOLS,
        "the version script is not whole"
    );
    let shown = shown();
    let expected: BTreeSet<String> = expected.into_iter().flat_map(at_both).collect();
    let missing: Vec<_> = expected.difference(&shown).collect();
    assert!(missing.is_empty(), "{} missing: {missing:?}", missing.len());
}

/// A symbol, and the same one at LLVM's node.
fn at_both(symbol: String) -> [String; 2] {
    let name = symbol.split('@').next().expect("a name");
    [format!("{name}@{LLVM_NODE}"), symbol]
}

/// Apart from libgomp's and LLVM's symbols, the library exports only `ghcomp_*`, at a node of
/// their own.
#[test]
fn the_library_shows_nothing_else() {
    let expected: BTreeSet<String> = expected().into_iter().flat_map(at_both).collect();
    let strays: Vec<_> = shown()
        .into_iter()
        .filter(|symbol| {
            let (name, node) = symbol.split_once('@').unwrap_or((symbol, symbol));
            // The nodes are symbols too.
            let own = name.starts_with("ghcomp_") && node == "GHCOMP_0.1" || name == node;
            !own && !expected.contains(symbol)
        })
        .collect();
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn the_archive_has_every_symbol() {
    let symbols = readelf(&["-s"], &runtime().archive);
    let shown: BTreeSet<&str> = symbols
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|columns| columns.len() > 7 && columns[4] == "GLOBAL" && columns[6] != "UND")
        .map(|columns| columns[7])
        .collect();
    let expected = expected();
    let missing: BTreeSet<&str> = expected
        .iter()
        .map(|symbol| symbol.split('@').next().expect("a name"))
        .filter(|name| !shown.contains(name))
        .collect();
    assert!(missing.is_empty(), "{} missing: {missing:?}", missing.len());
}

/// Names that LLVM's libomp exports and this library does not, and why.
const LEFT_OUT: [(&str, &str); 10] = [
    ("kmp_a_debug", "a variable for debugging libomp itself"),
    ("kmp_b_debug", "likewise"),
    ("kmp_c_debug", "likewise"),
    ("kmp_d_debug", "likewise"),
    ("kmp_e_debug", "likewise"),
    ("kmp_f_debug", "likewise"),
    ("kmp_diag", "likewise"),
    ("kmp_mutex_impl_info", "a table of libomp's own locks"),
    (
        "ompt_libomp_connect",
        "for libomptarget, when a tool listens",
    ),
    (
        "ompt_start_tool",
        "a tool's function, which the runtime looks for",
    ),
];

/// Whatever LLVM's libomp exports is here, or left out for a reason.
#[test]
fn the_library_has_what_libomp_exports() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test/drop-in/libomp.names");
    let names = fs::read_to_string(file).expect("the names");
    let names: BTreeSet<&str> = names
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(names.len() > 500, "{}", names.len());
    let shown = shown();
    let is_here = |name: &str| shown.contains(&format!("{name}@{LLVM_NODE}"));
    let only_x86 = |name: &str| {
        let kinds = ["float10", "cmplx10"];
        kinds.iter().any(|kind| name.contains(kind)) && cfg!(not(target_arch = "x86_64"))
    };
    let missing: Vec<_> = names
        .iter()
        .filter(|name| !is_here(name) && !only_x86(name))
        .filter(|name| !LEFT_OUT.iter().any(|(left_out, _)| left_out == *name))
        .collect();
    assert!(missing.is_empty(), "{} missing: {missing:?}", missing.len());
    for (name, _) in LEFT_OUT {
        assert!(names.contains(name) && !is_here(name), "{name} is there");
    }
}

/// The library needs only the C library and its loader, and no executable stack.
#[test]
fn the_library_needs_only_the_c_library() {
    let dynamic = readelf(&["-d"], &library());
    assert!(dynamic.contains("soname: [libgomp.so.1]"), "{dynamic}");
    for line in dynamic.lines().filter(|line| line.contains("(NEEDED)")) {
        // The C library's part for mathematics: newer compilers' complex division calls it.
        let parts = ["[libc.so", "[libm.so", "[ld-linux"];
        assert!(parts.iter().any(|part| line.contains(part)), "{line}");
    }
    let stack = readelf(&["-l"], &library());
    let stack = stack.lines().find(|line| line.contains("GNU_STACK"));
    assert!(stack.is_some_and(|line| line.contains(" RW ")), "{stack:?}");
}

/// If a program for libgomp runs with the library preloaded, each symbol of the ABI is bound to
/// the library.
#[test]
fn preloaded_it_takes_the_place_of_libgomp() {
    let program = compile("sum.c", "preloaded", &["-fopenmp"]);
    let said = succeed(
        without_settings(&program)
            .env("LD_PRELOAD", runtime().folder.join("libghcomp.so"))
            .env("LD_DEBUG", "bindings")
            .env("OMP_NUM_THREADS", "4"),
    )
    .expect("it runs");
    let bound: Vec<_> = said
        .lines()
        .filter(|line| line.contains("symbol `GOMP_") || line.contains("symbol `omp_"))
        .filter(|line| line.contains("/preloaded "))
        .collect();
    assert!(bound.len() >= 3, "{said}");
    for line in bound {
        assert!(line.contains("libghcomp.so [0]: normal symbol"), "{line}");
    }
}

/// `OMP_DISPLAY_AFFINITY` writes to the stream of the runtime whose name the file has.
#[test]
fn it_displays_affinity_where_the_other_runtime_does() {
    let program = compile("sum.c", "displays", &["-fopenmp"]);
    for (name, on_stdout) in [("libgomp.so.1", false), ("libomp.so.5", true)] {
        let out = output(
            without_settings(&program)
                .env("LD_PRELOAD", runtime().folder.join(name))
                .env("OMP_NUM_THREADS", "2")
                .env("OMP_AFFINITY_FORMAT", "thread %n")
                .env("OMP_DISPLAY_AFFINITY", "true"),
        )
        .expect(name);
        for (stream, expected) in [(&out.stdout, on_stdout), (&out.stderr, !on_stdout)] {
            let text = String::from_utf8_lossy(stream);
            assert_eq!(text.contains("thread 1\n"), expected, "{name}: {out:?}");
        }
    }
}

/// Tools that look for OpenMP libraries in a process, like threadpoolctl, use the real name of
/// a file. They find this library by either name.
#[test]
fn tools_find_it_and_limit_its_teams() {
    let program = compile("limited.c", "limited", &["-fopenmp", "-ldl"]);
    for name in ["libghcomp.so", "libgomp.so.1"] {
        succeed(
            without_settings(&program)
                .env("LD_PRELOAD", runtime().folder.join(name))
                .env("OMP_NUM_THREADS", "4"),
        )
        .expect(name);
        let maps = succeed(
            without_settings("cat")
                .arg("/proc/self/maps")
                .env("LD_PRELOAD", runtime().folder.join(name)),
        )
        .expect(name);
        let file = format!("{}/libgomp.so.1\n", runtime().folder.display());
        assert!(maps.contains(&file), "{maps}");
    }
}

/// A program that names the library at link time.
#[test]
fn linked_by_its_own_name() {
    let folder = runtime().folder.display().to_string();
    let search = format!("-L{folder}");
    let program = compile("sum.c", "linked", &["-fopenmp", &search, "-lghcomp"]);
    let run = |command: &str, argument: &Path| {
        succeed(
            without_settings(command)
                .arg(argument)
                .env("LD_LIBRARY_PATH", &folder),
        )
    };
    let libraries = run("ldd", &program).expect("ldd");
    assert!(
        libraries.contains(&format!("libgomp.so.1 => {folder}")),
        "{libraries}"
    );
    run("env", &program).expect("it runs");
}

/// A program that gcc built, with a library that Clang built, which asks for `libomp.so.5`: both
/// files are one, so there are one runtime and one pool.
#[test]
fn two_compilers_share_the_team() {
    let side = scratch().join("libby_clang.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test/drop-in/by_clang.c");
    let built = succeed(
        Command::new("clang")
            .args([
                "-fopenmp", "-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-o",
            ])
            .args([&side, &source]),
    );
    if let Err(error) = built {
        println!("left out: Clang does not build programs with OpenMP: {error:?}");
        return;
    }
    let side = side.to_str().expect("a path in UTF-8");
    let program = compile("two_compilers.c", "two_compilers", &["-fopenmp", side]);
    let said = succeed(
        without_settings("timeout")
            .arg("60")
            .arg(&program)
            .env("LD_LIBRARY_PATH", &runtime().folder),
    )
    .expect("it runs");
    assert_eq!(
        said.trim(),
        "team 3 sum 2000 level 2 runtimes 1 threads shared"
    );
}

/// The way of an interpreter's extension modules: one thread of many calls `dlopen` with local
/// symbols. After `dlclose` the pool's threads still have their code.
#[test]
fn loaded_while_the_program_runs() {
    let program = compile("loads.c", "loads", &["-lpthread", "-ldl"]);
    succeed(
        without_settings("timeout")
            .arg("60")
            .args([&program, &library()])
            .env("OMP_NUM_THREADS", "4"),
    )
    .expect("it runs");
}

/// The locks of OpenMP 2.5, in the memory that it reserved for them.
#[test]
fn old_programs_find_their_locks() {
    let search = format!("-L{}", runtime().folder.display());
    let program = compile(
        "old_locks.c",
        "old_locks",
        &["-fopenmp", &search, "-lghcomp"],
    );
    succeed(
        without_settings("timeout")
            .arg("60")
            .arg(&program)
            .env("LD_LIBRARY_PATH", &runtime().folder)
            .env("OMP_NUM_THREADS", "4"),
    )
    .expect("it runs");
}

/// Python's multiprocessing forks, with the library preloaded, while threads compute.
/// `GHCOMP_ABI_STRESS=1` makes the run long.
#[test]
fn python_forks_beside_busy_threads() {
    if succeed(Command::new("python3").args(["-c", "import ctypes, multiprocessing"])).is_err() {
        println!("left out: there is no python3 with ctypes");
        return;
    }
    let kernel = compile("kernel.c", "kernel.so", &["-fopenmp", "-shared", "-fPIC"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test/drop-in/forks.py");
    let long = std::env::var_os("GHCOMP_ABI_STRESS").is_some();
    let said = succeed(
        without_settings("timeout")
            .arg(if long { "3000" } else { "400" })
            .args([Path::new("python3"), &script, &kernel])
            .arg(if long { "10000" } else { "15" })
            .env("LD_PRELOAD", runtime().folder.join("libgomp.so.1"))
            .env("OMP_NUM_THREADS", "4"),
    )
    .expect("the children end");
    assert!(said.contains("processes"), "{said}");
}
