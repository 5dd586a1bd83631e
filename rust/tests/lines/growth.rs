//! The figures of the operations: measuring, showing, checking and writing them.

use crate::machine::{self, Costs, Lap};
use crate::operations::{Operation, ALL};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

/// The costs of one socket in nanoseconds, right within a factor of 2 for large servers.
const COSTS: Costs = Costs {
    hit: 1,
    transfer: 70,
    shared: 20,
    atomic: 5,
    socket: usize::MAX,
    far: 150,
};

const SIZES: [usize; 8] = [2, 4, 8, 16, 32, 64, 128, 256];

/// The costs of an operation in a team of this size, per construct.
struct Figure {
    operation: &'static Operation,
    size: usize,
    lines: f64,
    /// The most transfers by one thread.
    most: f64,
    /// The transfers by the first thread.
    first: f64,
    ns: f64,
}

/// Runs the operation. The figure is the mean of its laps.
fn measure(operation: &'static Operation, size: usize) -> Figure {
    let laps = (operation.run)(size);
    let mean = |what: fn(&Lap) -> u64| {
        let sum: u64 = laps.iter().map(what).sum();
        sum as f64 / (laps.len() * (operation.count)(size)) as f64
    };
    let work = operation.work as f64 / (operation.count)(size) as f64;
    Figure {
        operation,
        size,
        lines: mean(|lap| lap.lines),
        most: mean(|lap| lap.most),
        first: mean(|lap| lap.first),
        ns: mean(|lap| lap.ns) - work,
    }
}

/// A condition that must hold for the figures of an operation.
type Claim = (&'static str, fn(&Growth) -> bool);

/// A series of figures, by size.
struct Growth<'a> {
    own: Vec<&'a Figure>,
    all: &'a [Figure],
}

impl Growth<'_> {
    /// The team transfers at most `limit` lines per member.
    fn lines_per_member(&self, limit: f64) -> bool {
        self.own.iter().all(|f| f.lines <= limit * f.size as f64)
    }
    /// Doubling the team adds at most `limit_ns` nanoseconds.
    fn per_doubling(&self, limit_ns: f64) -> bool {
        self.own
            .windows(2)
            .all(|two| two[1].ns - two[0].ns <= limit_ns)
    }
    /// The operation is at no size slower than the one with this name.
    fn beats(&self, name: &str) -> bool {
        self.own.iter().all(|own| {
            let same =
                |f: &&Figure| f.operation.name == name && f.operation.group == own.operation.group;
            let mut others = self.all.iter().filter(same);
            others.all(|f| f.size != own.size || own.ns <= f.ns)
        })
    }
}

const CLAIMS: &[(&str, &[Claim])] = &[
    (
        "fork and join",
        &[
            ("four lines for each worker", |g| g.lines_per_member(4.0)),
            ("its time grows with the logarithm", |g| {
                g.per_doubling(320.0)
            }),
            ("quicker than libgomp's", |g| {
                g.beats("libgomp's two barriers")
            }),
        ],
    ),
    (
        "barrier",
        &[
            ("two lines a member and round", |g| {
                g.own
                    .iter()
                    .all(|f| f.lines <= 2.0 * (f.size * f.size.ilog2() as usize) as f64)
            }),
            ("its time grows with the logarithm", |g| {
                g.per_doubling(165.0)
            }),
            ("quicker than libomp's", |g| g.beats("libomp's tree of 4")),
            ("quicker than libgomp's", |g| g.beats("libgomp's counter")),
        ],
    ),
    (
        "single",
        &[("one line for each member", |g| g.lines_per_member(1.0))],
    ),
    (
        "static,1",
        &[("nothing is shared", |g| {
            // The work share of the loop, and that of the loop before.
            g.own.iter().all(|f| f.lines < 1.0)
        })],
    ),
    (
        "all by one thread",
        &[("fewer lines a task than members, at 256", |g| {
            let mut greatest = g.own.iter().filter(|f| f.size == 256);
            greatest.all(|f| f.lines <= 200.0)
        })],
    ),
    (
        "each makes two",
        &[("a task costs no more in greater teams", |g| {
            g.own.iter().all(|f| f.lines <= 64.0 && f.ns <= 1000.0)
        })],
    ),
];

/// Measures, shows, checks and writes the figures. True if a claim does not hold.
pub fn run(words: &[String]) -> bool {
    machine::start(COSTS);
    let is_asked = |operation: &&Operation| {
        let has = |word: &String| {
            operation.name.contains(word.as_str()) || operation.group.contains(word.as_str())
        };
        words.is_empty() || words.iter().any(has)
    };
    // Size by size, so that there are no idle workers, which would transfer lines too.
    let operations: Vec<_> = ALL.iter().filter(is_asked).collect();
    let figures: Vec<_> = SIZES
        .into_iter()
        .flat_map(|size| {
            let wanted = operations.iter().filter(move |o| size != 128 || !o.is_long);
            wanted.map(move |operation| measure(operation, size))
        })
        .collect();
    for operation in operations {
        println!("\n{}: {}", operation.group, operation.name);
        println!("threads      lines  by one  by the first         ns");
        for figure in figures
            .iter()
            .filter(|f| core::ptr::eq(f.operation, operation))
        {
            let Figure {
                size,
                lines,
                most,
                first,
                ns,
                ..
            } = figure;
            println!("{size:7} {lines:10.2} {most:7.2} {first:13.2} {ns:10.1}");
        }
    }
    println!();
    let (mut passed, mut failed) = (0, 0);
    for (name, claims) in CLAIMS {
        let own: Vec<_> = figures
            .iter()
            .filter(|f| f.operation.name == *name)
            .collect();
        if own.is_empty() {
            continue;
        }
        let growth = Growth { own, all: &figures };
        for (claim, holds) in *claims {
            let holds = holds(&growth);
            println!(
                "{name}: {claim} ... {}",
                if holds { "ok" } else { "FAILED" }
            );
            *(if holds { &mut passed } else { &mut failed }) += 1;
        }
    }
    if let Some(folder) = env::var_os("GHCOMP_GROWTH") {
        let write = |name, text| fs::write(Path::new(&folder).join(name), text);
        write("growth.rows", rows(&figures)).expect("the folder exists");
        write("costs", costs()).expect("as above");
    }
    println!("{passed} passed, {failed} failed");
    failed > 0
}

/// The figures in the form that `bench/Row.hs` reads: one JSON object in each line.
fn rows(figures: &[Figure]) -> String {
    let mut text = String::new();
    for Figure {
        operation,
        size,
        lines,
        ns,
        ..
    } in figures
    {
        for (what, value) in [("lines", lines), ("time", ns)] {
            let Operation { name, group, .. } = operation;
            writeln!(
                text,
                "{{\"group\": \"{what} of {group}\", \"series\": \"{name}\", \"point\": \"{size}\", \"value\": {value:?}}}"
            )
            .expect("a string takes it");
        }
    }
    text
}

/// A description of the machine.
fn costs() -> String {
    let Costs {
        hit,
        transfer,
        shared,
        atomic,
        ..
    } = COSTS;
    format!(
        "simulated\thit {hit} ns, transfer {transfer} ns, readers of one line {shared} ns apart, \
         atomic {atomic} ns, one socket\n"
    )
}
