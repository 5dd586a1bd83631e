//! Random environments: OpenMP's variables with values that are right, nearly right, huge,
//! or made of any bytes.

use super::program::{one_in, pick};
use fastrand::Rng;

/// Names, each with some right values.
const VARIABLES: [(&str, &[&str]); 33] = [
    ("OMP_NUM_THREADS", &["4", "4,3,2", " 2 , 2"]),
    (
        "OMP_SCHEDULE",
        &["static", "monotonic:dynamic,3", "guided , 7", "auto"],
    ),
    ("OMP_DYNAMIC", &["true", "FALSE"]),
    ("OMP_NESTED", &["true", "false"]),
    ("OMP_CANCELLATION", &["true", "false"]),
    (
        "OMP_PROC_BIND",
        &["true", "spread,close", "primary,master,spread"],
    ),
    (
        "OMP_PLACES",
        &[
            "threads",
            "cores(2)",
            "{0},{1}",
            "{0:2:1}:1:4",
            "{0,1},!{1}",
            "ll_caches",
        ],
    ),
    ("OMP_STACKSIZE", &["1M", "512 k", "100000B", "1 G"]),
    ("OMP_WAIT_POLICY", &["active", "passive"]),
    ("OMP_MAX_ACTIVE_LEVELS", &["1", "3"]),
    ("OMP_THREAD_LIMIT", &["5", "100"]),
    ("OMP_MAX_TASK_PRIORITY", &["0", "7"]),
    ("OMP_DEFAULT_DEVICE", &["0", "-1", "initial"]),
    ("OMP_TARGET_OFFLOAD", &["default", "disabled"]),
    ("OMP_NUM_TEAMS", &["3"]),
    ("OMP_TEAMS_THREAD_LIMIT", &["3"]),
    ("OMP_DISPLAY_ENV", &["true", "verbose", "false"]),
    ("OMP_DISPLAY_AFFINITY", &["true"]),
    (
        "OMP_AFFINITY_FORMAT",
        &["%n %{thread_num} %0.5A", "host=%H%%", "%.9L"],
    ),
    (
        "OMP_ALLOCATOR",
        &[
            "omp_high_bw_mem_alloc",
            "omp_default_mem_space:alignment=64,pool_size=4096,fallback=null_fb",
        ],
    ),
    ("GOMP_CPU_AFFINITY", &["0 1", "0-1:1", "0-100:3 1"]),
    ("GOMP_STACKSIZE", &["300"]),
    ("GOMP_SPINCOUNT", &["1000", "infinity", "10k"]),
    ("GOMP_DEBUG", &["1"]),
    (
        "KMP_AFFINITY",
        &[
            "granularity=fine,compact,1,0",
            "scatter",
            "explicit,proclist=[0-1,{0,1}],verbose",
            "balanced,granularity=core",
        ],
    ),
    ("KMP_BLOCKTIME", &["0", "200", "infinite", "10us"]),
    ("KMP_HW_SUBSET", &["1s,1c,1t", "1c@1", "1T"]),
    ("KMP_STACKSIZE", &["1m", "300000"]),
    ("KMP_DEVICE_THREAD_LIMIT", &["5", "all"]),
    ("KMP_LIBRARY", &["throughput", "turnaround"]),
    ("KMP_SETTINGS", &["1"]),
    ("GHCOMP_TRACE", &["1"]),
    ("GHCOMP_MIGRATE", &["false"]),
];

/// Parts of values that mean something to some parser.
const PARTS: [&str; 54] = [
    "0",
    "1",
    "3",
    "-1",
    "+4",
    "65536",
    "2147483647",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999",
    "0x10",
    "1e3",
    "007",
    ",",
    ",,",
    ":",
    "::",
    ";",
    "{",
    "}",
    "{{",
    "!",
    "(",
    ")",
    "-",
    "=",
    "%",
    "%%",
    "%n",
    "%0.1000000000n",
    "%99999999999999999999A",
    "%{",
    "%{nosuch}",
    "%.%",
    " ",
    "\t",
    "\n",
    "k",
    "G",
    "T",
    "B",
    "true",
    "static",
    "monotonic:",
    "threads",
    "sockets(3)",
    "spread",
    "alignment",
    "fb_data",
    "infinity",
];

/// Any bytes except NUL.
fn bytes(rng: &mut Rng, most: usize) -> Vec<u8> {
    let count = rng.usize(..most);
    (0..count).map(|_| rng.u8(1..)).collect()
}

fn value(rng: &mut Rng, right: &[&str]) -> Vec<u8> {
    let mut value: Vec<u8> = match rng.u32(..10) {
        0..=2 => pick(rng, right).into(),
        3 | 4 => pick(rng, &PARTS).into(),
        5 | 6 => (0..rng.usize(1..12))
            .flat_map(|_| pick(rng, &PARTS).bytes())
            .collect(),
        7 => bytes(rng, 200),
        8 => {
            // A long value: about 100 KB of repetitions.
            let part = if rng.bool() {
                pick(rng, &PARTS)
            } else {
                pick(rng, right)
            };
            let separator = pick(rng, &["", ",", " ", ":"]);
            format!("{part}{separator}")
                .repeat(100_000 / (part.len() + 1))
                .into()
        }
        _ => {
            // Two right values together.
            let mut both = pick(rng, right).to_string();
            both += pick(rng, &["", ",", " ", ":"]);
            both += pick(rng, right);
            both.into()
        }
    };
    for _ in 0..pick(rng, &[0, 0, 0, 1, 3]) {
        let at = rng.usize(..value.len() + 1);
        match rng.u32(..3) {
            0 => value.insert(at, rng.u8(1..)),
            1 if at < value.len() => {
                value.remove(at);
            }
            _ => {
                let part = pick(rng, &PARTS);
                value.splice(at..at, part.bytes());
            }
        }
    }
    value
}

/// The environment of a seed: a NUL after each string.
pub fn environment(seed: u64) -> Vec<u8> {
    let mut rng = Rng::with_seed(seed);
    let rng = &mut rng;
    let mut block = Vec::new();
    for _ in 0..rng.usize(1..9) {
        let (name, right) = pick(rng, &VARIABLES);
        let mut name = Vec::from(name);
        if one_in(rng, 6) {
            name.extend_from_slice(
                pick(
                    rng,
                    &[
                        "_ALL",
                        "_DEV",
                        "_DEV_0",
                        "_DEV_99999999999999999999",
                        "_DEV_",
                        " ",
                    ],
                )
                .as_bytes(),
            );
        }
        if one_in(rng, 20) {
            name = bytes(rng, 20);
        }
        let times = if one_in(rng, 8) { 2 } else { 1 };
        for _ in 0..times {
            block.extend_from_slice(&name);
            if !one_in(rng, 50) {
                block.push(b'=');
            }
            block.extend(value(rng, right));
            block.push(0);
        }
    }
    block
}
