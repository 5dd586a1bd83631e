//! The environment of a whole process. Each case runs in a child process: this test's own
//! program, started for the test `child` alone.
#![cfg(not(loom))]

use core::ffi::{c_char, c_int, c_void};
use ghcomp::abi::omp::affinity::omp_get_place_num;
use ghcomp::abi::omp::machine::*;
use ghcomp::abi::omp::threads::*;
use ghcomp::host::{ghcomp_register_host, Frame, GhcompHost};
use ghcomp::parallel;
use std::fs::File;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// A variable that is set only in the children.
const MARK: &str = "GHCOMP_TEST_CHILD";

/// The beginning of each complaint.
const INVALID: &str = "libgomp: Invalid value for environment variable";

/// The settings that a child reports.
#[derive(Clone, Debug, PartialEq)]
struct Settings {
    threads: c_int,
    schedule: (u32, c_int),
    dynamic: c_int,
    levels: c_int,
    limit: c_int,
}

impl Settings {
    fn mine() -> Settings {
        let (mut kind, mut chunk) = (0, 0);
        // SAFETY: both are valid for a write.
        unsafe { omp_get_schedule(&mut kind, &mut chunk) };
        Settings {
            threads: omp_get_max_threads(),
            schedule: (kind, chunk),
            dynamic: omp_get_dynamic(),
            levels: omp_get_max_active_levels(),
            limit: omp_get_thread_limit(),
        }
    }

    /// The settings of a process with no variable set. The number of processors is that of
    /// this process; the child has the same.
    fn default() -> Settings {
        Settings {
            threads: omp_get_num_procs(),
            schedule: (2, 1),
            dynamic: 0,
            levels: 1,
            limit: c_int::MAX,
        }
    }
}

/// The work of a child. It is ignored, so that it does not count as a test.
#[test]
#[ignore = "the other tests start it"]
fn child() {
    match std::env::var(MARK).as_deref() {
        Ok("hosted") => return hosted(),
        Ok(_) => {}
        Err(_) => return, // `cargo test -- --include-ignored`
    }
    // Asked twice, but each complaint comes once.
    let settings = Settings::mine();
    assert_eq!(settings, Settings::mine());
    writeln!(std::io::stdout(), "\n{settings:?}").unwrap();
}

/// A child with a host: two of the host's threads start regions, and report the places that
/// they and their workers have.
fn hosted() {
    extern "C" fn none() -> u32 {
        0
    }
    extern "C" fn no() -> *const c_char {
        std::ptr::null()
    }
    extern "C" fn bind(_: u32, _: u32) {}
    extern "C" fn serve(_: *mut Frame) {}
    static HOST: GhcompHost = GhcompHost {
        version: 7,
        default_team_size: none,
        busy: none,
        idle: none,
        why_one_thread: no,
        bind,
        serve,
        call: serve,
        boot: None,
        trace: None,
    };
    unsafe extern "C" fn body(places: *mut c_void) {
        let num = omp_get_thread_num() as usize;
        // SAFETY: the region's data has a place for each thread.
        unsafe { places.cast::<c_int>().add(num).write(omp_get_place_num()) };
    }
    // SAFETY: a static table.
    unsafe { ghcomp_register_host(&HOST) };
    for _ in 0..2 {
        let master = std::thread::spawn(|| {
            let mut places = [-2; 2];
            // SAFETY: the body writes one place per thread.
            unsafe { parallel::parallel(body, places.as_mut_ptr().cast(), 2, |_| {}) };
            println!("\n{places:?}");
        });
        master.join().unwrap();
    }
}

fn run(pairs: &[(&str, &str)], stderr: Stdio) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--ignored", "--nocapture"]);
    for (name, _) in std::env::vars_os() {
        let openmp = |name: &str| name.starts_with("OMP_") || name.starts_with("GOMP_");
        if name.to_str().is_some_and(openmp) {
            command.env_remove(name);
        }
    }
    command
        .env(MARK, "settings")
        .envs(pairs.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap()
}

/// Runs the child, checks its settings, and gives what it wrote to stderr.
fn warnings(pairs: &[(&str, &str)], settings: &Settings) -> Vec<String> {
    let output = run(pairs, Stdio::piped());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{pairs:?}: {output:?}");
    let expected = format!("{settings:?}");
    assert!(
        said.lines().any(|line| line == expected),
        "{pairs:?}: {expected} is not in {said}"
    );
    String::from_utf8_lossy(&output.stderr)
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_bad_value_gives_one_line_and_the_default_holds() {
    let default = Settings::default();
    for (name, value, instead) in [
        ("OMP_NUM_THREADS", "0", "the default team size"),
        ("OMP_NUM_THREADS", "4,,2", "the default team size"),
        ("OMP_NUM_THREADS", "4294967297", "the default team size"),
        ("OMP_SCHEDULE", "foo", "dynamic,1"),
        ("OMP_SCHEDULE", "staticx", "dynamic,1"),
        ("OMP_DYNAMIC", "1", "the host's default"),
        ("OMP_NESTED", "", "false"),
        ("OMP_MAX_ACTIVE_LEVELS", "-1", "1"),
        ("OMP_THREAD_LIMIT", " ", "no limit"),
        ("OMP_STACKSIZE", "1KB", "the system's default"),
        (
            "OMP_STACKSIZE",
            "99999999999999999999",
            "the system's default",
        ),
        ("OMP_WAIT_POLICY", "lazy", "a short spin and then sleep"),
        ("GOMP_SPINCOUNT", "ten", "the wait policy's count"),
        ("GHCOMP_MIGRATE", "1", "true"),
    ] {
        let lines = warnings(&[(name, value)], &default);
        assert_eq!(lines.len(), 1, "{name}={value}: {lines:?}");
        let start = format!("{INVALID} {name}: \"{value}\" is not ");
        assert!(lines[0].starts_with(&start), "{lines:?}");
        assert!(
            lines[0].ends_with(&format!("; using {instead}")),
            "{lines:?}"
        );
    }
}

#[test]
fn each_bad_value_gives_its_own_line_beside_good_ones() {
    let lines = warnings(
        &[
            ("OMP_NUM_THREADS", "3"),
            ("OMP_SCHEDULE", "line\nline"),
            ("OMP_DYNAMIC", "no"),
            ("OMP_MAX_ACTIVE_LEVELS", "4"),
        ],
        &Settings {
            threads: 3,
            levels: 4,
            ..Settings::default()
        },
    );
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with(&format!("{INVALID} OMP_SCHEDULE: \"line\\nline\"")));
    assert!(lines[1].starts_with(&format!("{INVALID} OMP_DYNAMIC: \"no\"")));
}

#[test]
fn good_values_are_taken_in_silence() {
    let settings = Settings {
        threads: 5,
        schedule: (3, 7),
        dynamic: 1,
        levels: 255,
        limit: 100,
    };
    let pairs = [
        ("OMP_NUM_THREADS", " 5 , 2"),
        ("OMP_SCHEDULE", "Guided, 7"),
        ("OMP_DYNAMIC", "TRUE"),
        ("OMP_THREAD_LIMIT", "100"),
        ("OMP_STACKSIZE", "8 M"),
        ("OMP_WAIT_POLICY", "passive"),
        ("GOMP_SPINCOUNT", "10k"),
    ];
    assert_eq!(warnings(&pairs, &settings), Vec::<String>::new());
    assert_eq!(warnings(&[], &Settings::default()), Vec::<String>::new());
}

/// A warning that cannot be written must not end the program.
#[test]
fn stderr_may_be_full() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        return;
    };
    let output = run(&[("OMP_DYNAMIC", "no")], full.into());
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(&format!("{:?}", Settings::default())));
}

/// The threads of a host are bound only if `OMP_PROC_BIND` asks for it, and then not all to one
/// place.
#[test]
fn a_hosts_threads_are_left_alone() {
    let places = |pairs: &[(&'static str, &'static str)]| {
        let common = [
            (MARK, "hosted"),
            ("OMP_DYNAMIC", "false"),
            ("OMP_PLACES", "{0},{0},{0}"),
        ];
        let output = run(&[&common, pairs].concat(), Stdio::piped());
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = said.lines().filter(|line| line.starts_with('['));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(places(&[]), ["[-1, 1]", "[-1, 1]"]);
    assert_eq!(places(&[("OMP_PROC_BIND", "false")]), ["[-1, -1]"; 2]);
    assert_eq!(places(&[("OMP_PROC_BIND", "close")]), ["[0, 1]", "[1, 2]"]);
}
