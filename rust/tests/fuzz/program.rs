//! Random OpenMP programs that know their results.
//!
//! A program is a list of constructs. A construct is a C function that enters a region and
//! checks the results. So it can be called from anywhere: by the initial thread, in regions
//! and tasks, by several threads at once. Most constructs are regions made of pieces. The
//! pieces are the worksharing and tasking constructs of one team, one after another, with
//! and without barriers between them.

use fastrand::Rng;
use std::fmt::{Display, Write};

/// Constructs in a program.
const CONSTRUCTS: usize = 40;

/// A program's text and the variables that it runs with.
pub struct Program {
    pub text: String,
    pub variables: Vec<(&'static str, &'static str)>,
}

/// `text` with every `$name` replaced.
fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut parts = text.split('$');
    let mut filled = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let end = part
            .find(|c: char| !c.is_ascii_lowercase() && c != '_')
            .unwrap_or(part.len());
        let (_, value) = values
            .iter()
            .find(|(name, _)| *name == &part[..end])
            .unwrap_or_else(|| panic!("no value for ${}", &part[..end]));
        write!(filled, "{value}{}", &part[end..]).expect("a string");
    }
    filled
}

/// A random one of these.
pub fn pick<T: Copy>(rng: &mut Rng, these: &[T]) -> T {
    these[rng.usize(..these.len())]
}

pub fn one_in(rng: &mut Rng, n: u32) -> bool {
    rng.u32(..n) == 0
}

/// A type of iteration variables.
#[derive(Clone, Copy)]
struct Type {
    name: &'static str,
    bits: u32,
    signed: bool,
}

const fn of(name: &'static str, bits: u32, signed: bool) -> Type {
    Type { name, bits, signed }
}

const TYPES: [Type; 10] = [
    of("schar", 8, true),
    of("uchar", 8, false),
    of("short", 16, true),
    of("ushort", 16, false),
    of("int", 32, true),
    of("unsigned", 32, false),
    of("long", 64, true),
    of("ulong", 64, false),
    of("llong", 64, true),
    of("ullong", 64, false),
];

impl Type {
    fn least(self) -> i128 {
        if self.signed {
            -(1 << (self.bits - 1))
        } else {
            0
        }
    }

    fn greatest(self) -> i128 {
        (1 << (self.bits - u32::from(self.signed))) - 1
    }

    /// The value as an expression. The compiler may or may not know its value.
    fn literal(self, rng: &mut Rng, value: i128) -> String {
        assert!(self.least() <= value && value <= self.greatest());
        let name = self.name;
        let text = if value == i64::MIN.into() {
            "(-9223372036854775807L - 1)".into()
        } else if value > i64::MAX.into() {
            format!("{value}UL")
        } else {
            format!("{value}L")
        };
        if rng.bool() {
            format!("same_{name}({text})")
        } else {
            format!("(({name}) {text})")
        }
    }
}

/// A canonical loop: `for (header)`, and `number`, an expression that gives the
/// number of an iteration.
struct Loop {
    header: String,
    number: String,
    count: u64,
}

impl Loop {
    /// A loop of `count` iterations, or fewer if the type is too small for them. The value
    /// of its variable after the last iteration still fits the type, because the compiler's
    /// code compares it with the bound.
    fn random(rng: &mut Rng, ty: Type, variable: &str, count: u64, steps: i128) -> Loop {
        let span = ty.greatest() - if ty.signed { 0 } else { ty.least() };
        let mut step = match rng.u32(..12) {
            0..=5 => 1,
            6 => 2,
            7 => 3,
            8 => 7,
            9 => 1000,
            10 => span / i128::from(count + 2),
            _ => span / 2,
        };
        step = step.clamp(1, (span / 4).clamp(1, steps));
        let mut count = i128::from(count);
        count = count.min((span - 1) / step - 1).max(0);
        let unequal = step == 1 && one_in(rng, 4);
        let inclusive = !unequal && rng.bool();
        // From the first value to the last one, upwards.
        let width = (count - 1).max(0) * step;
        // How far the bound may be beyond the last value.
        let slack = if count == 0 || step == 1 || unequal {
            0
        } else {
            rng.i128(0..step)
        };
        // Room for the bound, and for the amount that the compiler adds to it.
        let tail = 2 * step + 1;
        // GCC 12 passes a negative step of `unsigned` as a large positive one.
        let up = rng.bool() || (!ty.signed && ty.bits < 64);
        // The first value, as if the loop counted up. Mirrored for a loop that counts down.
        let (least, greatest) = if up {
            (ty.least(), ty.greatest())
        } else {
            (-ty.greatest(), -ty.least())
        };
        let room = if count == 0 { 3 } else { 0 };
        let lowest = least + room;
        let highest = greatest - width - tail;
        let first = match rng.u32(..5) {
            0 => lowest,
            1 | 2 => highest,
            3 => (-width / 2).clamp(lowest, highest),
            _ => rng.i128(lowest..=highest),
        };
        let bound = if count == 0 {
            first - if unequal { 0 } else { rng.i128(0..=2) } - i128::from(inclusive)
        } else {
            first + width + slack + i128::from(!inclusive)
        };
        let sign = if up { 1 } else { -1 };
        let (begin, end) = (sign * first, sign * bound);
        let operator = match (unequal, up, inclusive) {
            (true, ..) => "!=",
            (_, true, true) => "<=",
            (_, true, false) => "<",
            (_, false, true) => ">=",
            (_, false, false) => ">",
        };
        let name = ty.name;
        let stride = if unequal || step == 1 && rng.bool() {
            format!("{variable}{}", if up { "++" } else { "--" })
        } else if step <= i128::from(i32::MAX) && one_in(rng, 3) {
            let sign = if up { '+' } else { '-' };
            format!("{variable} = {variable} {sign} {step}")
        } else {
            let sign = if up { '+' } else { '-' };
            format!("{variable} {sign}= {}", ty.literal(rng, step))
        };
        let mut from = ty.literal(rng, begin);
        let to = ty.literal(rng, end);
        if count == 0 && !from.starts_with("same") {
            // GCC 12 treats an empty loop between constants as a loop over `long`.
            from = format!("same_{name}({from})");
        }
        let begin = (begin as u64).to_string() + "UL";
        let distance = if up {
            format!("(ulong) {variable} - {begin}")
        } else {
            format!("{begin} - (ulong) {variable}")
        };
        Loop {
            header: format!("{name} {variable} = {from}; {variable} {operator} {to}; {stride}"),
            number: format!("(({distance}) / {step}UL)"),
            count: count as u64,
        }
    }
}

fn counts(rng: &mut Rng) -> u64 {
    match rng.u32(..12) {
        0 => 0,
        1 => 1,
        2 => 2,
        3..=5 => rng.u64(3..20),
        6..=9 => rng.u64(20..200),
        _ => rng.u64(200..1500),
    }
}

fn chunk(rng: &mut Rng) -> i64 {
    match rng.u32(..10) {
        0..=2 => 1,
        3 | 4 => rng.i64(2..10),
        5 => rng.i64(10..100),
        6 => rng.i64(100..2000),
        7 => i32::MAX.into(),
        8 => i64::MAX,
        _ => i64::MAX / rng.i64(2..8),
    }
}

/// A clause `schedule`.
struct Schedule {
    clause: String,
    /// Whether each thread's iterations come in rising order.
    rising: bool,
    /// The chunk of `static, chunk`.
    dealt: Option<i64>,
    /// Code that must run before the loop: it sets the runtime schedule.
    before: String,
}

impl Schedule {
    /// A type for the iteration variable. A small one has no room for the chunks of
    /// `static` at 64 threads.
    fn variable(&self, rng: &mut Rng) -> Type {
        pick(rng, &TYPES[if self.dealt.is_some() { 4 } else { 0 }..])
    }
}

/// With `ordered`, no `nonmonotonic`.
fn schedule(rng: &mut Rng, ordered: bool) -> Schedule {
    let kind = pick(
        rng,
        &[
            "", "static", "static", "dynamic", "dynamic", "guided", "auto", "runtime",
        ],
    );
    let mut size = chunk(rng);
    if kind == "static" {
        // The compiler computes with the iteration variable's type.
        size = size.min(1000);
    }
    let chunked = matches!(kind, "static" | "dynamic" | "guided") && rng.u32(..3) > 0;
    let modifier = match kind {
        "" => "",
        "dynamic" | "guided" if !ordered => pick(rng, &["", "monotonic: ", "nonmonotonic: "]),
        _ => pick(rng, &["", "", "monotonic: "]),
    };
    let mut before = String::new();
    let mut rising = matches!(kind, "" | "static") || modifier.starts_with("mono");
    if kind == "runtime" {
        let run = pick(rng, &["static", "dynamic", "guided", "auto"]);
        let monotonic = one_in(rng, 3);
        let flag = if monotonic {
            " | omp_sched_monotonic"
        } else {
            ""
        };
        let size = if one_in(rng, 4) {
            rng.i64(-3..1)
        } else {
            chunk(rng).min(i32::MAX.into())
        };
        before = format!("omp_set_schedule(omp_sched_{run}{flag}, {size});");
        rising = rising || monotonic;
    }
    let clause = match (kind, chunked) {
        ("", _) => String::new(),
        (kind, true) => format!("schedule({modifier}{kind}, CHUNK(same_long({size})))"),
        (kind, false) => format!("schedule({modifier}{kind})"),
    };
    Schedule {
        clause,
        rising,
        dealt: (kind == "static" && chunked).then_some(size),
        before,
    }
}

/// One part of a region.
struct Piece {
    name: &'static str,
    /// Members of the state that the team shares.
    members: String,
    /// What one thread does before the region.
    before: String,
    /// Definitions before that function.
    functions: String,
    /// The body of a function that every thread calls.
    body: String,
    /// What one thread does after the region.
    check: String,
}

/// Checks that every iteration was executed once.
fn all_once(field: &str, count: u64) -> String {
    fill(
        "for (int k = 0; k < $count; k++)
            if (s->$field[k] != 1)
                FAIL(\"iteration %d was executed %d times\", k, s->$field[k]);\n",
        &[("field", &field), ("count", &count)],
    )
}

fn nowait(rng: &mut Rng) -> &'static str {
    if rng.bool() {
        " nowait"
    } else {
        ""
    }
}

/// The check right away if there is a barrier, else nothing.
fn after_barrier(wait: &str, check: &str) -> String {
    if wait.is_empty() {
        check.into()
    } else {
        String::new()
    }
}

fn piece_loop(rng: &mut Rng, id: &str) -> Piece {
    let chosen = schedule(rng, false);
    let ty = chosen.variable(rng);
    let count = counts(rng);
    let it = Loop::random(rng, ty, "i", count, i128::MAX);
    let seen = format!("seen_{id}");
    let wait = nowait(rng);
    let check = all_once(&seen, it.count);
    let rising = if chosen.rising {
        "if (k < next)
            FAIL(\"iteration %ld after %ld\", k, next - 1);
        next = k + 1;"
    } else {
        ""
    };
    let dealt = match chosen.dealt {
        Some(size) => fill(
            "if (k / $size % omp_get_num_threads() != omp_get_thread_num())
            FAIL(\"iteration %ld is with thread %d\", k, omp_get_thread_num());",
            &[("size", &size)],
        ),
        None => String::new(),
    };
    let directive = if chosen.before.is_empty() && one_in(rng, 10) {
        pick(rng, &["for simd", "for"])
    } else {
        "for"
    };
    let (rising, dealt) = if directive == "for" {
        (rising, dealt)
    } else {
        ("", String::new())
    };
    let body = fill(
        "$before
    long next = 0;
    #pragma omp $directive $clause$wait
    for ($header) {
        long k = $number;
        if (k < 0 || k >= $count)
            FAIL(\"there is no iteration %ld\", k);
        $rising
        $dealt
        mark(&s->$seen[k]);
    }
    (void) next;
    $now",
        &[
            ("before", &chosen.before),
            ("directive", &directive),
            ("clause", &chosen.clause),
            ("wait", &wait),
            ("header", &it.header),
            ("number", &it.number),
            ("count", &it.count),
            ("rising", &rising),
            ("dealt", &dealt),
            ("seen", &seen),
            ("now", &after_barrier(wait, &check)),
        ],
    );
    Piece {
        name: "loop",
        members: format!("unsigned char {seen}[{}];", it.count + 1),
        before: String::new(),
        functions: String::new(),
        body,
        check,
    }
}

/// Nested loops: their lines, the number of an iteration, and how many there are.
fn nest(rng: &mut Rng, depth: usize) -> (String, String, u64) {
    let mut lines = String::new();
    let mut number = String::from("0UL");
    let mut total = 1;
    for name in &["i", "j", "k", "l"][..depth] {
        let ty = pick(rng, &TYPES[2..]);
        let count = if one_in(rng, 6) {
            0
        } else {
            rng.u64(1..[0, 300, 20, 8, 5][depth])
        };
        let it = Loop::random(rng, ty, name, count, i128::MAX);
        number = format!("({number} * {}UL + {})", it.count, it.number);
        total *= it.count;
        writeln!(lines, "    for ({})", it.header).expect("a string");
    }
    (lines, number, total)
}

fn piece_collapse(rng: &mut Rng, id: &str) -> Piece {
    let depth = rng.usize(1..5);
    let (lines, number, count) = nest(rng, depth);
    let chosen = schedule(rng, false);
    let seen = format!("seen_{id}");
    let wait = nowait(rng);
    let check = all_once(&seen, count);
    let body = fill(
        "$before
    #pragma omp for $clause collapse($depth)$wait
$lines    {
        ulong at = $number;
        if (at >= $count)
            FAIL(\"there is no iteration %lu\", at);
        mark(&s->$seen[at]);
    }
    $now",
        &[
            ("before", &chosen.before),
            ("clause", &chosen.clause),
            ("depth", &depth),
            ("wait", &wait),
            ("lines", &lines),
            ("number", &number),
            ("count", &count),
            ("seen", &seen),
            ("now", &after_barrier(wait, &check)),
        ],
    );
    Piece {
        name: "collapse",
        members: format!("unsigned char {seen}[{}];", count + 1),
        before: String::new(),
        functions: String::new(),
        body,
        check,
    }
}

/// Two loops. The bounds of the inner one depend on the variable of the outer one.
fn piece_triangle(rng: &mut Rng, id: &str) -> Piece {
    let ty = pick(rng, &["int", "long", "short"]);
    let n = rng.i32(0..30);
    // GCC 12 miscounts some other shapes: rows of equal length, and steps.
    let (low, high) = pick(
        rng,
        &[
            ("0", "i"),
            ("0", "2 * i + 1"),
            ("0", "29 - i"),
            ("i", "29"),
            ("i", "30"),
            ("i", "2 * i + 3"),
            ("i + 2", "40"),
            ("3 - i", "29"),
            ("3 - i", "29 + i"),
        ],
    );
    let wait = nowait(rng);
    let seen = format!("seen_{id}");
    let loops = fill(
        "for ($ty i = 0; i < same_$ty($n); i++)
        for ($ty j = $low; j < $high; j++)",
        &[("ty", &ty), ("n", &n), ("low", &low), ("high", &high)],
    );
    let check = fill(
        "{
    $loops
            s->$seen[i][j + 64]--;
    for (int i = 0; i < 32; i++)
        for (int j = 0; j < 256; j++)
            if (s->$seen[i][j])
                FAIL(\"iteration (%d, %d): %d\", i, j - 64, (signed char) s->$seen[i][j]);
    }\n",
        &[("loops", &loops), ("seen", &seen)],
    );
    let body = fill(
        "#pragma omp for collapse(2)$wait
    $loops
            mark(&s->$seen[i][j + 64]);",
        &[("wait", &wait), ("loops", &loops), ("seen", &seen)],
    );
    Piece {
        name: "triangle",
        members: format!("unsigned char {seen}[32][256];"),
        before: String::new(),
        functions: String::new(),
        body,
        check,
    }
}

fn piece_ordered(rng: &mut Rng, id: &str) -> Piece {
    let depth = if one_in(rng, 3) { rng.usize(2..4) } else { 1 };
    let (lines, number, count) = nest(rng, depth);
    let chosen = schedule(rng, true);
    let next = format!("next_{id}");
    let wait = nowait(rng);
    let skip = pick(rng, &[0, 0, 3, 7]);
    let check = fill(
        "if (s->$next > $count)
        FAIL(\"%ld iterations\", s->$next);\n",
        &[("next", &next), ("count", &count)],
    );
    let guard = if skip == 0 {
        String::new()
    } else {
        format!("if (at % {skip} != 2)")
    };
    let compare = if skip == 0 { "!=" } else { ">" };
    let collapse = if depth > 1 {
        format!("collapse({depth})")
    } else {
        String::new()
    };
    let body = fill(
        "$before
    #pragma omp for ordered $clause $collapse$wait
$lines    {
        long at = $number;
        jitter(at);
        $guard
        #pragma omp ordered
        {
            if (s->$next $compare at)
                FAIL(\"iteration %ld in the place of %ld\", at, s->$next);
            s->$next = at + 1;
        }
        jitter(~at);
    }",
        &[
            ("before", &chosen.before),
            ("clause", &chosen.clause),
            ("collapse", &collapse),
            ("wait", &wait),
            ("lines", &lines),
            ("number", &number),
            ("guard", &guard),
            ("compare", &compare),
            ("next", &next),
        ],
    );
    Piece {
        name: "ordered",
        members: format!("long {next};"),
        before: String::new(),
        functions: String::new(),
        body,
        check: if skip == 0 {
            check
                + &fill(
                    "if (s->$next != $count)
        FAIL(\"%ld iterations\", s->$next);\n",
                    &[("next", &next), ("count", &count)],
                )
        } else {
            check
        },
    }
}

/// Each iteration needs the results of the iterations that it waits for.
fn piece_doacross(rng: &mut Rng, id: &str) -> Piece {
    let depth = rng.usize(1..4);
    let names = &["i", "j", "k"][..depth];
    // GCC 12 gets the sinks of `unsigned` variables wrong.
    let ty = pick(rng, &[TYPES[4], TYPES[6], TYPES[8]]);
    let mut lines = String::new();
    let mut coordinates = Vec::new();
    let mut sizes = Vec::new();
    let mut steps = Vec::new();
    // The compiler compares sinks with the bounds in the variables' type, so there
    // is room around them.
    for name in names {
        let count = rng.i64(1..[0, 200, 14, 7][depth]);
        let step = pick(rng, &[1, 1, 2, 3]);
        let up = rng.bool();
        let begin = rng.i64(30..40) + if up { 0 } else { count * step };
        let begin = begin - pick(rng, &[0, 300]);
        let (step, bound, operator) = if up {
            (step, begin + count * step, '<')
        } else {
            (-step, begin - count * step, '>')
        };
        writeln!(
            lines,
            "    for ({} {name} = {begin}; {name} {operator} {}; {name} += {step})",
            ty.name,
            ty.literal(rng, bound.into())
        )
        .expect("a string");
        coordinates.push(format!("(((long) {name} - {begin}) / {step})"));
        sizes.push(count);
        steps.push(step);
    }
    let count: i64 = sizes.iter().product();
    let mut sinks = String::new();
    let mut needs = String::new();
    for _ in 0..rng.usize(1..4) {
        // The first number that is not 0 points back.
        let leading = rng.usize(..depth);
        let vector: Vec<i64> = (0..depth)
            .map(|at| match at.cmp(&leading) {
                std::cmp::Ordering::Less => 0,
                std::cmp::Ordering::Equal => -rng.i64(1..4),
                std::cmp::Ordering::Greater => rng.i64(-2..3),
            })
            .collect();
        let mut sink = Vec::new();
        let mut inside = Vec::new();
        let mut place = String::from("0");
        for at in 0..depth {
            let offset = vector[at] * steps[at];
            sink.push(match offset {
                0 => names[at].to_string(),
                offset if offset > 0 => format!("{} + {offset}", names[at]),
                offset => format!("{} - {}", names[at], -offset),
            });
            let coordinate = format!("((long) {} + {})", coordinates[at], vector[at]);
            inside.push(format!("{coordinate} >= 0 && {coordinate} < {}", sizes[at]));
            place = format!("({place} * {} + {coordinate})", sizes[at]);
        }
        write!(sinks, " depend(sink: {})", sink.join(", ")).expect("a string");
        writeln!(
            needs,
            "        if ({})\n            value = mix(value + s->value_{id}[{place}]);",
            inside.join(" && ")
        )
        .expect("a string");
    }
    let mut number = String::from("0UL");
    for at in 0..depth {
        number = format!("({number} * {}UL + {})", sizes[at], coordinates[at]);
    }
    let chosen = schedule(rng, true);
    let body = fill(
        "$before
    #pragma omp for ordered($depth) $clause$wait
$lines    {
        long at = $number;
        jitter(at);
        #pragma omp ordered$sinks
        unsigned value = mix(at);
$needs
        s->value_$id[at] = value;
        #pragma omp ordered depend(source)
        jitter(~at);
    }",
        &[
            ("before", &chosen.before),
            ("depth", &depth),
            ("clause", &chosen.clause),
            ("wait", &nowait(rng)),
            ("lines", &lines),
            ("number", &number),
            ("sinks", &sinks),
            ("needs", &needs),
            ("id", &id),
        ],
    );
    let check = fill(
        "{
    unsigned *expected = must($count * sizeof *expected);
$lines    {
        long at = $number;
        unsigned value = mix(at);
$again
        expected[at] = value;
    }
    for (long at = 0; at < $count; at++)
        if (expected[at] != s->value_$id[at])
            FAIL(\"the value of iteration %ld differs\", at);
    free(expected);
    }\n",
        &[
            ("count", &count),
            ("id", &id),
            ("lines", &lines),
            ("number", &number),
            (
                "again",
                &needs.replace(&format!("s->value_{id}["), "expected["),
            ),
        ],
    );
    Piece {
        name: "doacross",
        members: format!("unsigned value_{id}[{count}];"),
        before: String::new(),
        functions: String::new(),
        body,
        check,
    }
}

fn piece_sections(rng: &mut Rng, id: &str) -> Piece {
    let count = rng.usize(1..13);
    let mut sections = String::new();
    for n in 0..count {
        write!(
            sections,
            "
        #pragma omp section
        {{ jitter({n}); mark(&s->seen_{id}[{n}]); }}"
        )
        .expect("a string");
    }
    let wait = nowait(rng);
    let check = all_once(&format!("seen_{id}"), count as u64);
    Piece {
        name: "sections",
        members: format!("unsigned char seen_{id}[{count}];"),
        before: String::new(),
        functions: String::new(),
        body: format!(
            "#pragma omp sections{wait}
    {{{sections}
    }}
    {}",
            after_barrier(wait, &check)
        ),
        check,
    }
}

fn piece_single(rng: &mut Rng, id: &str) -> Piece {
    let body = match rng.u32(..3) {
        0 => fill(
            "long value = -1, copy[3] = { 0 };
    #pragma omp single copyprivate(value, copy)
    { value = more(&s->times_$id); copy[2] = 77; }
    if (value != 1 || copy[2] != 77)
        FAIL(\"the value copied is %ld\", value);
    #pragma omp barrier",
            &[("id", &id)],
        ),
        1 => fill(
            "#pragma omp single
    more(&s->times_$id);
    if (read_int(&s->times_$id) != 1)
        FAIL(\"single, %d times\", read_int(&s->times_$id));",
            &[("id", &id)],
        ),
        _ => fill(
            "#pragma omp single nowait
    more(&s->times_$id);",
            &[("id", &id)],
        ),
    };
    Piece {
        name: "single",
        members: format!("int times_{id};"),
        before: String::new(),
        functions: String::new(),
        body,
        check: format!(
            "if (s->times_{id} != 1)\n        FAIL(\"single, %d times\", s->times_{id});\n"
        ),
    }
}

fn piece_exclusion(rng: &mut Rng, id: &str) -> Piece {
    let rounds = rng.i32(1..60);
    let section = "{
            if (s->inside_$id++)
                FAIL(\"two are inside\");
            jitter(r);
            s->total_$id++;
            s->inside_$id--;
        }";
    let (members, before, around, after) = match rng.u32(..6) {
        0 => (
            "",
            "",
            format!("#pragma omp critical (name_{})\n        {section}", rng.u32(..3)),
            "",
        ),
        1 => ("", "", format!("#pragma omp critical\n        {section}"), ""),
        2 => (
            "omp_lock_t lock_$id;",
            "omp_init_lock(&s->lock_$id);",
            format!("omp_set_lock(&s->lock_$id);\n        {section}\n        omp_unset_lock(&s->lock_$id);"),
            "omp_destroy_lock(&s->lock_$id);",
        ),
        3 => (
            "omp_lock_t lock_$id;",
            "omp_init_lock(&s->lock_$id);",
            format!("while (!omp_test_lock(&s->lock_$id))\n            sched_yield();\n        {section}\n        omp_unset_lock(&s->lock_$id);"),
            "omp_destroy_lock(&s->lock_$id);",
        ),
        4 => (
            "omp_nest_lock_t lock_$id;",
            "omp_init_nest_lock(&s->lock_$id);",
            format!("for (int d = 0; d <= r % 4; d++)\n            omp_set_nest_lock(&s->lock_$id);\n        {section}\n        for (int d = 0; d <= r % 4; d++)\n            omp_unset_nest_lock(&s->lock_$id);"),
            "omp_destroy_nest_lock(&s->lock_$id);",
        ),
        _ => (
            "omp_nest_lock_t lock_$id;",
            "omp_init_nest_lock(&s->lock_$id);",
            format!("while (!omp_test_nest_lock(&s->lock_$id))\n            sched_yield();\n        if (omp_test_nest_lock(&s->lock_$id) != 2)\n            FAIL(\"not held twice\");\n        omp_unset_nest_lock(&s->lock_$id);\n        {section}\n        omp_unset_nest_lock(&s->lock_$id);"),
            "omp_destroy_nest_lock(&s->lock_$id);",
        ),
    };
    let id: [(&str, &dyn Display); 1] = [("id", &id)];
    Piece {
        name: "exclusion",
        members: fill(
            &format!("{members} int inside_$id, threads_$id; long total_$id;"),
            &id,
        ),
        before: fill(before, &id),
        functions: String::new(),
        body: fill(
            &format!(
                "more(&s->threads_$id);
    for (int r = 0; r < {rounds}; r++) {{
        {around}
    }}"
            ),
            &id,
        ),
        check: fill(
            &format!(
                "if (s->total_$id != {rounds}L * s->threads_$id)
        FAIL(\"%ld times\", s->total_$id);
    {after}\n"
            ),
            &id,
        ),
    }
}

fn piece_masked(rng: &mut Rng, id: &str) -> Piece {
    let (directive, who) = match rng.u32(..3) {
        0 => ("master".into(), 0),
        1 => ("masked".into(), 0),
        _ => {
            let who = rng.i32(0..5);
            (format!("masked filter({who})"), who)
        }
    };
    Piece {
        name: "masked",
        members: format!("int times_{id}, threads_{id};"),
        before: String::new(),
        functions: String::new(),
        body: format!(
            "#pragma omp {directive}
    {{
        if (omp_get_thread_num() != {who})
            FAIL(\"thread %d\", omp_get_thread_num());
        more(&s->times_{id});
    }}
    more(&s->threads_{id});"
        ),
        check: format!(
            "if (s->times_{id} != (s->threads_{id} > {who}))
        FAIL(\"%d times\", s->times_{id});\n"
        ),
    }
}

/// Each thread reads what another has written before a barrier.
fn piece_barriers(rng: &mut Rng, id: &str) -> Piece {
    let rounds = rng.i32(1..20);
    let far = rng.i32(1..9);
    Piece {
        name: "barriers",
        members: format!("int *phase_{id};"),
        before: format!("s->phase_{id} = must(1024 * sizeof(int));"),
        functions: String::new(),
        body: format!(
            "int me = omp_get_thread_num(), all = omp_get_num_threads();
    for (int r = 1; r <= {rounds}; r++) {{
        jitter(me * 31 + r);
        s->phase_{id}[me] = r;
        #pragma omp barrier
        if (s->phase_{id}[(me + {far}) % all] != r)
            FAIL(\"round %d: %d\", r, s->phase_{id}[(me + {far}) % all]);
        #pragma omp barrier
    }}"
        ),
        check: format!("free(s->phase_{id});\n"),
    }
}

/// Reductions in orphaned constructs, into the team's state.
fn piece_reduction(rng: &mut Rng, id: &str) -> Piece {
    let n = rng.i64(0..400);
    let (ty, operator, initial, term, expected): (&str, &str, i64, &str, i64) = match rng.u32(..6) {
        0 => ("long", "+", 5, "p[0] += i; p[1] += 1", 5 + n * (n - 1) / 2),
        1 => ("int", "+", 0, "p[0] += i; p[1] += 1", n * (n - 1) / 2),
        2 => (
            "double",
            "+",
            1,
            "p[0] += i; p[1] += 1",
            1 + n * (n - 1) / 2,
        ),
        3 => (
            "short",
            "max",
            -3,
            "p[0] = i % 97 > p[0] ? i % 97 : p[0]; p[1] = p[1] > 7 ? p[1] : 7",
            (0..n).map(|i| i % 97).max().unwrap_or(-3).max(-3),
        ),
        4 => (
            "unsigned",
            "^",
            9,
            "p[0] ^= i * 2654435761u; p[1] ^= i",
            i64::from((0..n).fold(9u32, |x, i| x ^ (i as u32).wrapping_mul(2654435761))),
        ),
        _ => (
            "llong",
            "min",
            3,
            "p[0] = 3 - i < p[0] ? 3 - i : p[0]; p[1] = 0",
            3.min(4 - n),
        ),
    };
    let chosen = schedule(rng, false);
    let wait = nowait(rng);
    let (construct, clause) = match rng.u32(..4) {
        0 => ("task", "task, "),
        _ => ("", ""),
    };
    let work = if construct == "task" {
        format!(
            "#pragma omp task in_reduction({operator}: p[:2])
        {{ {term}; }}"
        )
    } else {
        format!("{term};")
    };
    // A task reduction's construct may not be `nowait`, nor its schedule anything.
    let (wait, before, schedule) = if construct == "task" {
        (
            "",
            String::new(),
            pick(rng, &["", "schedule(dynamic)"]).to_string(),
        )
    } else {
        (wait, chosen.before, chosen.clause)
    };
    Piece {
        name: "reduction",
        members: format!("{ty} result_{id}[2];"),
        before: format!("s->result_{id}[0] = {initial};"),
        functions: String::new(),
        body: format!(
            "{before}
    {ty} *p = s->result_{id};
    #pragma omp for reduction({clause}{operator}: p[:2]) {schedule}{wait}
    for (int i = 0; i < same_int({n}); i++) {{
        {work}
    }}"
        ),
        check: format!(
            "if (s->result_{id}[0] != ({ty}) {expected}L)
        FAIL(\"the result is %Lg, not %Lg\", (long double) s->result_{id}[0], (long double) ({ty}) {expected}L);\n"
        ),
    }
}

/// GCC 12 fails to compile an orphaned `scope` with a reduction.
fn piece_scope(rng: &mut Rng, id: &str) -> Piece {
    let wait = nowait(rng);
    let check = if wait.is_empty() {
        format!(
            "if (read_int(&s->threads_{id}) != omp_get_num_threads())
        FAIL(\"%d threads\", read_int(&s->threads_{id}));"
        )
    } else {
        String::new()
    };
    Piece {
        name: "scope",
        members: format!("int threads_{id};"),
        before: String::new(),
        functions: String::new(),
        body: format!(
            "#pragma omp scope{wait}
    more(&s->threads_{id});
    {check}"
        ),
        check: String::new(),
    }
}

fn piece_atomic(rng: &mut Rng, id: &str) -> Piece {
    let ty = pick(
        rng,
        &["short", "int", "long", "float", "double", "long double"],
    );
    let rounds = rng.i32(1..80);
    Piece {
        name: "atomic",
        members: format!("{ty} sum_{id}; int threads_{id};"),
        before: String::new(),
        functions: String::new(),
        body: format!(
            "more(&s->threads_{id});
    for (int r = 0; r < {rounds}; r++) {{
        #pragma omp atomic
        s->sum_{id} += 1;
    }}"
        ),
        check: format!(
            "if (s->sum_{id} != {rounds} * s->threads_{id})
        FAIL(\"the sum is %Lg\", (long double) s->sum_{id});\n"
        ),
    }
}

/// A tree of tasks that counts its leaves.
fn piece_tree(rng: &mut Rng, id: &str) -> Piece {
    let depth = rng.i32(1..8);
    let width = if depth < 5 { rng.i32(1..5) } else { 2 };
    let leaves = i64::from(width).pow(depth as u32);
    let mut clauses = String::new();
    for clause in [
        " untied",
        " mergeable",
        " final(depth < 2)",
        " if(depth > 1)",
        " if((depth + w) % 3)",
        " priority(w)",
    ] {
        if one_in(rng, 4) {
            // A task may have only one `if`.
            if !(clause.starts_with(" if") && clauses.contains(" if")) {
                clauses += clause;
            }
        }
    }
    let wait = pick(rng, &["taskwait", "taskgroup", "none"]);
    let (open, close) = match wait {
        "taskwait" => ("", "#pragma omp taskwait"),
        "taskgroup" => ("#pragma omp taskgroup\n    {", "}"),
        _ => ("", ""),
    };
    let start = match rng.u32(..3) {
        0 => format!("#pragma omp single{}", nowait(rng)),
        1 => "#pragma omp master".into(),
        _ => String::new(), // every thread
    };
    let times = if start.is_empty() {
        format!("s->threads_{id}")
    } else {
        "1".into()
    };
    let yielding = if one_in(rng, 3) {
        "#pragma omp taskyield"
    } else {
        ""
    };
    Piece {
        name: "tree",
        members: format!("int leaves_{id}, threads_{id};"),
        before: String::new(),
        body: format!(
            "more(&s->threads_{id});
    {start}
    tree_{id}(s, {depth}, {width});\n"
        ),
        // The first part of the check becomes the function; see `construct`.
        functions: format!(
            "static void tree_{id}(struct state *s, int depth, int width)
{{
    if (depth == 0) {{
        more(&s->leaves_{id});
        return;
    }}
    {open}
    for (int w = 0; w < width; w++) {{
        #pragma omp task{clauses}
        {{ jitter(depth * 8 + w); tree_{id}(s, depth - 1, width);
        {yielding}
        }}
    }}
    {close}
}}
"
        ),
        check: format!(
            "if (s->leaves_{id} != {leaves} * {times})
        FAIL(\"%d leaves\", s->leaves_{id});\n"
        ),
    }
}

/// Tasks with dependences. No two run at the same time that must not.
fn piece_graph(rng: &mut Rng, id: &str) -> Piece {
    let tasks = rng.usize(1..50);
    let variables = rng.usize(1..8);
    let mut text = String::new();
    let mut table = String::new();
    let mut length = 0;
    let objects = rng.usize(..3);
    for o in 0..objects {
        let variable = rng.usize(..variables);
        let kind = pick(rng, &["in", "inout", "out", "mutexinoutset"]);
        writeln!(
            text,
            "        omp_depend_t object{o};
        #pragma omp depobj(object{o}) depend({kind}: v[{variable}])"
        )
        .expect("a string");
        if one_in(rng, 3) {
            writeln!(text, "        #pragma omp depobj(object{o}) update({kind})")
                .expect("a string");
        }
        // The tasks that name it follow below.
        text += &format!("        /* object {o}: {kind} {variable} */\n");
    }
    let objects: Vec<(String, usize)> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("/* object "))
        .map(|line| {
            let mut words = line.split(' ').skip(1);
            let kind = words.next().expect("a kind").to_string();
            let variable = words.next().expect("a variable").parse().expect("a number");
            (kind, variable)
        })
        .collect();
    let mut late = false;
    for task in 0..tasks {
        let mut clauses = String::new();
        let mut named = Vec::new();
        for _ in 0..rng.usize(..4) {
            let variable = rng.usize(..variables);
            if named.contains(&variable) {
                continue;
            }
            let kind = pick(
                rng,
                &[
                    "in",
                    "in",
                    "in",
                    "out",
                    "inout",
                    "inout",
                    "mutexinoutset",
                    "INOUTSET",
                ],
            );
            let mut entry = |kind: &str, variable: usize| {
                let name = match kind {
                    "in" => "IN",
                    "out" => "OUT",
                    "inout" => "INOUT",
                    "mutexinoutset" => "MUTEX",
                    _ => "INOUTSET_KIND",
                };
                writeln!(table, "        {{ {task}, {name}, {variable} }},").expect("a string");
                length += 1;
            };
            match rng.u32(..8) {
                0 if !objects.is_empty() => {
                    let o = rng.usize(..objects.len());
                    let (kind, variable) = &objects[o];
                    if named.contains(variable) {
                        continue;
                    }
                    named.push(*variable);
                    write!(clauses, " depend(depobj: object{o})").expect("a string");
                    entry(kind, *variable);
                }
                1 if named.is_empty() && variables > 2 => {
                    let first = rng.usize(..variables - 1);
                    write!(
                        clauses,
                        " depend(iterator(n = {first}:{variables}), {kind}: v[n])"
                    )
                    .expect("a string");
                    for variable in first..variables {
                        named.push(variable);
                        entry(kind, variable);
                    }
                }
                _ => {
                    named.push(variable);
                    write!(clauses, " depend({kind}: v[{variable}])").expect("a string");
                    entry(kind, variable);
                }
            }
        }
        if one_in(rng, 4) {
            write!(clauses, " priority({})", rng.u32(..100)).expect("a string");
        }
        if one_in(rng, 8) {
            clauses += " untied";
        }
        let detached = one_in(rng, 5);
        let mut end = format!("span[{task}].end = tick();");
        if detached {
            write!(clauses, " detach(event)").expect("a string");
            let fulfil = format!("span[{task}].fulfilled = tick(); omp_fulfill_event(event);");
            end = match rng.u32(..3) {
                0 => format!("{end} {fulfil}"),
                1 => format!("{fulfil} jitter({task}); {end}"),
                _ => format!(
                    "
            #pragma omp task firstprivate(event) if(!SHALLOW)
            {{ jitter({task}); {fulfil} }}
            {end}"
                ),
            };
        } else if one_in(rng, 10) {
            clauses += " if(0)";
        } else if one_in(rng, 12) {
            clauses += " mergeable final(1)";
        }
        late |= detached;
        let declare = if detached {
            "omp_event_handle_t event;\n"
        } else {
            ""
        };
        writeln!(
            text,
            "        {{
            {declare}
            #pragma omp task{clauses}
            {{
            span[{task}].start = tick();
            jitter({task} * 77 + salt);
            {end}
            }}
        }}"
        )
        .expect("a string");
        if one_in(rng, 20) {
            writeln!(text, "        #pragma omp taskwait").expect("a string");
            writeln!(
                text,
                "        for (int t = 0; t <= {task}; t++)
            if (!span[t].end)
                FAIL(\"task %d is not waited for\", t);"
            )
            .expect("a string");
        } else if one_in(rng, 20) {
            let variable = rng.usize(..variables);
            let kind = pick(rng, &["in", "inout"]);
            writeln!(
                text,
                "        #pragma omp taskwait depend({kind}: v[{variable}])
        for (int n = 0; n < (int) (sizeof table / sizeof *table); n++)
            if (table[n].task <= {task} && table[n].variable == {variable}
                && (table[n].kind != IN || {}) && !span[table[n].task].end)
                FAIL(\"task %d is not waited for\", table[n].task);",
                u32::from(kind == "inout")
            )
            .expect("a string");
        }
    }
    let _ = late;
    for o in 0..objects.len() {
        // Only after all tasks are made, because a later task might name it.
        writeln!(text, "        #pragma omp depobj(object{o}) destroy").expect("a string");
    }
    if length == 0 {
        table = "        { -1, IN, -1 },\n".into();
    }
    let (start, times) = match rng.u32(..3) {
        0 => ("#pragma omp single", ""),
        1 => ("#pragma omp single nowait", ""),
        _ => ("", "each"), // every thread has its own graph
    };
    let end = if times.is_empty() && rng.bool() {
        // The region's end waits for them.
        ""
    } else {
        "#pragma omp taskwait"
    };
    let slot = if times.is_empty() {
        "0"
    } else {
        "omp_get_thread_num()"
    };
    Piece {
        name: "graph",
        members: format!("struct span (*spans_{id})[{tasks}]; int graphs_{id};"),
        before: format!("s->spans_{id} = must(256 * sizeof *s->spans_{id});"),
        body: format!(
            "{start}
    graph_{id}(s);\n"
        ),
        functions: format!(
            "static const struct dependence table_{id}[] = {{
{table}    }};
static void graph_{id}(struct state *s)
{{
    const struct dependence *const unused = table_{id};
    enum {{ length = sizeof table_{id} / sizeof *table_{id} }};
    #define table table_{id}
    struct span *span = s->spans_{id}[{slot}];
    int salt = omp_get_thread_num();
    char v[{variables}];
    more(&s->graphs_{id});
    {{
{text}
    {end}
    }}
    #undef table
}}
"
        ),
        check: format!(
            "for (int g = 0; g < s->graphs_{id}; g++) {{
        int a = -1, b = -1;
        for (int t = 0; t < {tasks}; t++)
            if (!s->spans_{id}[g][t].start || !s->spans_{id}[g][t].end)
                FAIL(\"task %d was not executed\", t);
        if (disordered(table_{id}, {length}, s->spans_{id}[g], &a, &b))
            FAIL(\"task %d does not wait for task %d\", b, a);
    }}
    free(s->spans_{id});\n"
        ),
    }
}

fn piece_taskloop(rng: &mut Rng, id: &str) -> Piece {
    let depth = if one_in(rng, 3) { rng.usize(2..4) } else { 1 };
    let (lines, number, count) = if depth == 1 {
        let ty = pick(rng, &TYPES);
        let count = counts(rng).min(600);
        let it = Loop::random(rng, ty, "i", count, i128::MAX);
        (format!("    for ({})\n", it.header), it.number, it.count)
    } else {
        nest(rng, depth)
    };
    let mut clauses = match rng.u32(..6) {
        0 => format!(" grainsize({})", chunk(rng)),
        1 => format!(" grainsize(strict: {})", chunk(rng)),
        2 => format!(" num_tasks({})", rng.u32(1..50)),
        3 => format!(" num_tasks(strict: {})", rng.u32(1..50)),
        _ => String::new(),
    };
    if depth > 1 {
        write!(clauses, " collapse({depth})").expect("a string");
    }
    for clause in [
        " untied",
        " mergeable",
        " priority(3)",
        " if(same_int(0))",
        " final(1)",
    ] {
        if one_in(rng, 6) {
            clauses += clause;
        }
    }
    let reduced = one_in(rng, 3);
    let alone = rng.bool();
    let (wait, reduction, add) = if reduced {
        ("", " reduction(+: p[:1])", "p[0] += at + 1;")
    } else if one_in(rng, 3) {
        (" nogroup", "", "")
    } else {
        ("", "", "")
    };
    let start = if alone {
        format!("#pragma omp single{}", nowait(rng))
    } else {
        String::new()
    };
    let now = if wait.is_empty() && alone {
        all_once(&format!("seen_{id}"), count)
    } else {
        String::new()
    };
    let times = if alone { "1" } else { "s->threads_$id" };
    let check = fill(
        &format!(
            "for (ulong k = 0; k < {count}; k++)
        if (s->seen_$id[k] != {times})
            FAIL(\"iteration %lu was executed %d times\", k, s->seen_$id[k]);
    if ({reduced} && s->sum_$id[0] != {}L * {times})
        FAIL(\"the sum is %ld\", s->sum_$id[0]);\n",
            count * (count + 1) / 2
        ),
        &[("id", &id)],
    );
    // Two reductions into one place at the same time would be a race.
    let start = if reduced && !alone {
        "#pragma omp critical (taskloops)".into()
    } else {
        start
    };
    Piece {
        name: "taskloop",
        members: format!(
            "unsigned char seen_{id}[{}]; long sum_{id}[1]; int threads_{id};",
            count + 1
        ),
        before: String::new(),
        functions: String::new(),
        body: format!(
            "more(&s->threads_{id});
    long *p = s->sum_{id};
    {start}
    {{
    #pragma omp taskloop{clauses}{wait}{reduction}
{lines}    {{
        ulong at = {number};
        if (at >= {count})
            FAIL(\"there is no iteration %lu\", at);
        {add}
        mark(&s->seen_{id}[at]);
    }}
    {now}
    }}"
        ),
        check,
    }
}

/// A task group with a reduction over the tasks in it.
fn piece_task_reduction(rng: &mut Rng, id: &str) -> Piece {
    let n = rng.i64(1..60);
    let untied = pick(rng, &["", " untied", " if(i % 3)", " priority(i)"]);
    Piece {
        name: "task_reduction",
        members: format!("long sum_{id}[1], least_{id}[1];"),
        before: format!("s->least_{id}[0] = 1000;"),
        functions: String::new(),
        body: format!(
            "#pragma omp single
    {{
    long *p = s->sum_{id}, *q = s->least_{id};
    #pragma omp taskgroup task_reduction(+: p[:1]) task_reduction(min: q[:1])
    for (int i = 0; i < {n}; i++) {{
        #pragma omp task in_reduction(+: p[:1]) in_reduction(min: q[:1]){untied}
        {{
            p[0] += i;
            jitter(i);
            if (-i < q[0])
                q[0] = -i;
            #pragma omp task in_reduction(+: p[:1])
            p[0] += 1;
        }}
    }}
    if (p[0] != {}L || q[0] != {}L)
        FAIL(\"the results are %ld and %ld\", p[0], q[0]);
    }}",
            n * (n - 1) / 2 + n,
            1 - n
        ),
        check: String::new(),
    }
}

fn piece_cancel(rng: &mut Rng, id: &str) -> Piece {
    let n = rng.i64(1..300);
    let victim = rng.i64(0..n);
    let chosen = schedule(rng, true);
    let body = match rng.u32(..3) {
        0 => format!(
            "{}
    #pragma omp for {}
    for (int i = 0; i < {n}; i++) {{
        #pragma omp cancellation point for
        mark(&s->seen_{id}[i]);
        if (i == {victim}) {{
            #pragma omp cancel for
        }}
        jitter(i);
    }}",
            chosen.before, chosen.clause
        ),
        1 => {
            let sections: String = (0..rng.usize(1..8))
                .map(|n| {
                    format!(
                        "
        #pragma omp section
        {{
            mark(&s->seen_{id}[{n}]);
            jitter({n});
            #pragma omp cancel sections if(same_int({}))
            mark(&s->other_{id}[{n}]);
        }}",
                        u32::from(n % 2 == 1)
                    )
                })
                .collect();
            format!("#pragma omp sections\n    {{{sections}\n    }}")
        }
        _ => format!(
            "#pragma omp single
    {{
    #pragma omp taskgroup
    for (int i = 0; i < {n}; i++) {{
        #pragma omp task
        {{
            mark(&s->seen_{id}[i]);
            if (i == {victim}) {{
                #pragma omp cancel taskgroup
            }}
            #pragma omp task
            {{
                #pragma omp cancellation point taskgroup
                jitter(i);
            }}
        }}
    }}
    }}"
        ),
    };
    Piece {
        name: "cancel",
        members: format!("unsigned char seen_{id}[{n} < 8 ? 8 : {n}], other_{id}[8];"),
        before: String::new(),
        functions: String::new(),
        body,
        check: format!(
            "for (int i = 0; i < {n}; i++)
        if (s->seen_{id}[i] > 1)
            FAIL(\"%d was executed %d times\", i, s->seen_{id}[i]);\n"
        ),
    }
}

const PIECES: [fn(&mut Rng, &str) -> Piece; 21] = [
    piece_loop,
    piece_loop,
    piece_loop,
    piece_collapse,
    piece_triangle,
    piece_ordered,
    piece_doacross,
    piece_sections,
    piece_single,
    piece_exclusion,
    piece_masked,
    piece_barriers,
    piece_reduction,
    piece_scope,
    piece_atomic,
    piece_tree,
    piece_graph,
    piece_graph,
    piece_taskloop,
    piece_task_reduction,
    piece_cancel,
];

fn threads(rng: &mut Rng) -> &'static str {
    pick(
        rng,
        &[
            "",
            " num_threads(team)",
            " num_threads(team)",
            " num_threads(team)",
            " num_threads(team + 1)",
            " num_threads(team / 2 + 1)",
            " num_threads(1)",
            " num_threads(2)",
            " num_threads(3)",
            " if(same_int(0))",
        ],
    )
}

/// A region of several pieces, one after another, several times.
fn region(rng: &mut Rng, name: &str) -> (String, String) {
    let count = match rng.u32(..4) {
        0 => 1,
        1 => 2,
        _ => rng.usize(3..8),
    };
    let rounds = pick(rng, &[1, 1, 2, 5]);
    let (mut members, mut before, mut functions, mut calls, mut check) = (
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
    );
    let mut names = Vec::new();
    for n in 0..count {
        let id = format!("{name}_p{n}");
        let piece = PIECES[rng.usize(..PIECES.len())](rng, &id);
        names.push(piece.name);
        writeln!(members, "    {}", piece.members).expect("a string");
        writeln!(before, "        {}", piece.before).expect("a string");
        writeln!(
            functions,
            "{}\nstatic void {id}(struct state *s)\n{{\n    {}\n}}",
            piece.functions, piece.body
        )
        .expect("a string");
        writeln!(check, "        {}", piece.check).expect("a string");
        writeln!(calls, "        {id}(s);").expect("a string");
    }
    let text = fill(
        "#define NAME \"$name ($names)\"
#define state state_$name
struct state {
$members    char unused;
};
$functions
static void $name(int team)
{
    struct state *all = must($rounds * sizeof *all);
    for (int r = 0; r < $rounds; r++) {
        struct state *s = &all[r];
        (void) s;
$before    }
    #pragma omp parallel$threads$bind
    for (int r = 0; r < $rounds; r++) {
        struct state *s = &all[r];
$calls    }
    for (int r = 0; r < $rounds; r++) {
        struct state *s = &all[r];
        (void) s;
$check    }
    free(all);
}
#undef NAME
#undef state
",
        &[
            ("name", &name),
            ("names", &names.join(" ")),
            ("members", &members),
            ("functions", &functions),
            ("rounds", &rounds),
            ("before", &before),
            ("threads", &threads(rng)),
            (
                "bind",
                &pick(
                    rng,
                    &[
                        "",
                        "",
                        "",
                        " proc_bind(close)",
                        " proc_bind(spread)",
                        " proc_bind(primary)",
                    ],
                ),
            ),
            ("calls", &calls),
            ("check", &check),
        ],
    );
    (text, names.join(" "))
}

/// A combined loop and region, with reductions of all kinds.
fn combined(rng: &mut Rng, name: &str) -> (String, String) {
    let chosen = schedule(rng, false);
    let ty = chosen.variable(rng);
    let count = counts(rng);
    let it = Loop::random(rng, ty, "i", count, i128::MAX);
    let n = it.count;
    let text = fill(
        "#define NAME \"$name (combined)\"
static void $name(int team)
{
    unsigned char *seen = must($n + 1);
    long sum = 3, last = -1;
    int least = 7, greatest = -7;
    unsigned bits = 0xffffffffu, mixed = 1;
    bool all = true, any = false;
    double product = 1;
    struct pair merged = { 0, LONG_MAX, 0 };
    long array[4] = { 0, 1, 2, 3 };
    $before
    #pragma omp parallel for$threads $clause lastprivate(last) reduction(+: sum, array)     \\
        reduction(min: least) reduction(max: greatest) reduction(&: bits) reduction(^: mixed) \\
        reduction(&&: all) reduction(||: any) reduction(*: product) reduction(merge: merged)
    for ($header) {
        long k = $number;
        if (k < 0 || k >= $n)
            FAIL(\"there is no iteration %ld\", k);
        mark(&seen[k]);
        last = k;
        sum += k;
        array[k % 4]++;
        least = -k < least ? -k : least;
        greatest = k > greatest ? k : greatest;
        bits &= ~(1u << k % 32);
        mixed ^= mix(k);
        all = all && k < 100;
        any = any || k == 50;
        product *= k % 100 == 99 ? 2 : 1;
        merged.sum += k;
        merged.count++;
        merged.least = k < merged.least ? k : merged.least;
    }
    unsigned expected = 1;
    long total = 0;
    double powers = 1;
    for (int k = 0; k < $n; k++) {
        if (seen[k] != 1)
            FAIL(\"iteration %d was executed %d times\", k, seen[k]);
        expected ^= mix(k);
        total += k;
        powers *= k % 100 == 99 ? 2 : 1;
    }
    free(seen);
    long count = array[0] + array[1] + array[2] + array[3] - 6;
    if (sum != total + 3 || mixed != expected || product != powers || count != $n
        || merged.sum != total || merged.count != $n || merged.least != ($n ? 0 : LONG_MAX))
        FAIL(\"sum %ld, mixed %u, product %g, count %ld, merged %ld %ld %ld\", sum, mixed,
             product, count, merged.sum, merged.count, merged.least);
    if (($n && last != $n - 1) || least != ($n > 0 ? 1 - $n < 7 ? 1 - $n : 7 : 7)
        || greatest != ($n > 0 ? $n - 1 : -7)
        || bits != ($n >= 32 ? 0 : 0xffffffffu << $n) || all != ($n <= 100) || any != ($n > 50))
        FAIL(\"last %ld, least %d, greatest %d, bits %x, all %d, any %d\", last, least,
             greatest, bits, all, any);
}
#undef NAME
",
        &[
            ("name", &name),
            ("n", &n),
            ("before", &chosen.before),
            ("threads", &threads(rng)),
            ("clause", &chosen.clause),
            ("header", &it.header),
            ("number", &it.number),
        ],
    );
    (text, "combined".into())
}

/// Prefix sums.
fn scan(rng: &mut Rng, name: &str) -> (String, String) {
    let n = rng.u64(0..500);
    let inclusive = rng.bool();
    let (first, second, kind) = if inclusive {
        ("sum += k + 1;", "out[k] = sum;", "inclusive")
    } else {
        ("out[k] = sum;", "sum += k + 1;", "exclusive")
    };
    let text = fill(
        "#define NAME \"$name (scan)\"
static void $name(int team)
{
    long *out = must(($n + 1) * sizeof *out);
    long sum = 10;
    #pragma omp parallel for$threads reduction(inscan, +: sum)
    for (int k = 0; k < same_int($n); k++) {
        $first
        #pragma omp scan $kind(sum)
        $second
    }
    long expected = 10;
    for (int k = 0; k < $n; k++) {
        if ($inclusive)
            expected += k + 1;
        if (out[k] != expected)
            FAIL(\"item %d is %ld, not %ld\", k, out[k], expected);
        if (!$inclusive)
            expected += k + 1;
    }
    if (sum != expected)
        FAIL(\"the sum is %ld, not %ld\", sum, expected);
    free(out);
}
#undef NAME
",
        &[
            ("name", &name),
            ("n", &n),
            ("threads", &threads(rng)),
            ("first", &first),
            ("second", &second),
            ("kind", &kind),
            ("inclusive", &u32::from(inclusive)),
        ],
    );
    (text, "scan".into())
}

/// Nested regions. Each checks its level and its ancestors.
fn nested(rng: &mut Rng, name: &str) -> (String, String) {
    let sizes = [rng.i32(1..4), rng.i32(1..4), rng.i32(1..5)];
    let text = fill(
        "#define NAME \"$name (nested)\"
static void $name(int team)
{
    int base = omp_get_level(), count = 0, inner = 0;
    long sum = 0;
    #pragma omp parallel num_threads($a) reduction(+: sum, inner)
    {
        int one = omp_get_thread_num();
        #pragma omp parallel num_threads($b) reduction(+: sum, inner)
        {
            int two = omp_get_thread_num();
            #pragma omp parallel num_threads($c) reduction(+: sum)
            {
                int three = omp_get_thread_num();
                if (omp_get_level() != base + 3
                    || omp_get_ancestor_thread_num(base + 1) != one
                    || omp_get_ancestor_thread_num(base + 2) != two
                    || omp_get_ancestor_thread_num(base + 3) != three)
                    FAIL(\"level %d, ancestors %d %d %d\", omp_get_level() - base,
                         omp_get_ancestor_thread_num(base + 1) - one,
                         omp_get_ancestor_thread_num(base + 2) - two,
                         omp_get_ancestor_thread_num(base + 3) - three);
                more(&count);
                sum += 1;
                #pragma omp single
                inner++;
            }
        }
    }
    (void) inner;
    if (sum != count)
        FAIL(\"%ld threads of %d\", sum, count);
}
#undef NAME
",
        &[
            ("name", &name),
            ("a", &sizes[0]),
            ("b", &sizes[1]),
            ("c", &sizes[2]),
        ],
    );
    (
        text.replace(
            "                #pragma omp single\n                inner++;\n",
            "",
        ),
        "nested".into(),
    )
}

/// `cancel parallel`, and a complete region after it.
fn cancelled(rng: &mut Rng, name: &str) -> (String, String) {
    let who = rng.i32(0..4);
    let text = fill(
        "#define NAME \"$name (cancelled)\"
static void $name(int team)
{
    int before = 0, beyond = 0, threads = 0, cancelled = 0, after = 0;
    #pragma omp parallel num_threads(team)
    {
        #pragma omp atomic write
        threads = omp_get_num_threads();
        #pragma omp for schedule(dynamic) nowait
        for (int i = 0; i < 40; i++)
            jitter(i);
        more(&before);
        if (omp_get_thread_num() == $who % omp_get_num_threads()) {
            cancelled = 1;
            #pragma omp task
            jitter(3);
            #pragma omp cancel parallel
        }
        jitter(omp_get_thread_num());
        #pragma omp barrier
        more(&beyond);
    }
    if (before != threads || !cancelled || (omp_get_cancellation() && beyond))
        FAIL(\"%d of %d before, %d beyond\", before, threads, beyond);
    #pragma omp parallel num_threads(team)
    {
        #pragma omp barrier
        more(&after);
        #pragma omp barrier
        if (read_int(&after) != omp_get_num_threads())
            FAIL(\"%d threads after\", read_int(&after));
    }
}
#undef NAME
",
        &[("name", &name), ("who", &who)],
    );
    (text, "cancelled".into())
}

/// `threadprivate` variables and `copyin`.
fn private(rng: &mut Rng, name: &str) -> (String, String) {
    let text = fill(
        "#define NAME \"$name (private)\"
static long own_$name, list_$name[$n];
#pragma omp threadprivate(own_$name, list_$name)
static void $name(int team)
{
    long old = own_$name;
    long mine = (long) (uintptr_t) &old;
    own_$name = mine;
    list_$name[$n - 1] = mine + 1;
    #pragma omp parallel num_threads(team) copyin(own_$name, list_$name)
    {
        if (own_$name != mine || list_$name[$n - 1] != mine + 1)
            FAIL(\"not copied\");
        #pragma omp barrier
        own_$name += 1 + omp_get_thread_num();
        jitter(omp_get_thread_num());
        if (own_$name != mine + 1 + omp_get_thread_num())
            FAIL(\"another thread's\");
    }
    if (own_$name != mine + 1)
        FAIL(\"the master's is %ld\", own_$name - mine);
}
#undef NAME
",
        &[("name", &name), ("n", &rng.u32(1..200))],
    );
    (text, "private".into())
}

/// Leagues, on the host.
fn league(rng: &mut Rng, name: &str) -> (String, String) {
    let (ty, count) = (pick(rng, &TYPES[4..]), counts(rng));
    let it = Loop::random(rng, ty, "i", count, 1000);
    let chosen = loop {
        let chosen = schedule(rng, true);
        if chosen.before.is_empty() {
            break chosen;
        }
    };
    let text = fill(
        "#define NAME \"$name (league)\"
static void $name(int team)
{
    unsigned char *seen = must($n + 1);
    long sum = 0;
    #pragma omp $target teams distribute parallel for num_teams($teams) thread_limit($limit) \\
        $deal $clause reduction(+: sum) $map
    for ($header) {
        ulong k = $number;
        if (k >= $n)
            FAIL(\"there is no iteration %lu\", k);
        mark(&seen[k]);
        sum += k;
    }
    for (ulong k = 0; k < $n; k++)
        if (seen[k] != 1)
            FAIL(\"iteration %lu was executed %d times\", k, seen[k]);
    if (sum != $n * ($n - 1L) / 2)
        FAIL(\"the sum is %ld\", sum);
    free(seen);
}
#undef NAME
",
        &[
            ("name", &name),
            ("n", &it.count),
            ("target", &""),
            ("teams", &rng.u32(1..5)),
            ("limit", &rng.u32(1..9)),
            (
                "deal",
                &pick(
                    rng,
                    &["", "dist_schedule(static)", "dist_schedule(static, 7)"],
                ),
            ),
            ("clause", &chosen.clause),
            ("map", &""),
            ("header", &it.header),
            ("number", &it.number),
        ],
    );
    (text, "league".into())
}

/// The program of a seed.
pub fn program(seed: u64) -> Program {
    let mut rng = Rng::with_seed(seed);
    let rng = &mut rng;
    let mut text = format!("/* Seed {seed}. */\n{}\n", include_str!("prelude.h"));
    let mut main = String::new();
    for n in 0..CONSTRUCTS {
        let name = format!("c{n}");
        let kind = rng.u32(..20);
        let (function, what) = match kind {
            0..=11 => region(rng, &name),
            12 | 13 => combined(rng, &name),
            14 => scan(rng, &name),
            15 | 16 => nested(rng, &name),
            17 => cancelled(rng, &name),
            18 => private(rng, &name),
            _ => league(rng, &name),
        };
        text += &function;
        text.push('\n');
        // A league must stand outside of regions.
        let call = match if kind < 19 { rng.u32(..10) } else { 0 } {
            0..=4 => format!("{name}(team);"),
            5 => format!("in_region({name}, small, {});", rng.u32(2..4)),
            6 => format!(
                "in_regions({name}, small < 4 ? small : 4, {});",
                rng.u32(2..4)
            ),
            7 => format!("in_tasks({name}, small, {});", rng.u32(1..5)),
            _ => format!("in_threads({name}, small, {});", rng.u32(1..4)),
        };
        writeln!(main, "    current = \"{name} ({what})\";\n    {call}").expect("a string");
    }
    write!(
        text,
        "int main(int count, char **arguments)
{{
    signal(SIGSEGV, on_signal);
    signal(SIGBUS, on_signal);
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
    alarm(count > 1 ? atoi(arguments[1]) : 60);
    int team = omp_get_max_threads();
    int small = team < 6 ? team : 6; /* for several teams at a time */
    (void) small;
{main}    return 0;
}}
"
    )
    .expect("a string");
    let mut variables = vec![("OMP_CANCELLATION", "true")];
    for (name, values) in [
        ("OMP_WAIT_POLICY", &["passive", "active"][..]),
        ("OMP_PROC_BIND", &["true", "close", "spread", "false"]),
        ("OMP_PLACES", &["threads", "{0},{1}", "cores"]),
        ("OMP_MAX_TASK_PRIORITY", &["5", "1000"]),
        ("OMP_DYNAMIC", &["true"]),
        ("OMP_STACKSIZE", &["256k", "8M"]),
        ("OMP_SCHEDULE", &["dynamic,2", "guided", "static,3"]),
    ] {
        if one_in(rng, 4) {
            variables.push((name, pick(rng, values)));
        }
    }
    // Beyond this level, regions have one thread.
    variables.push(("OMP_MAX_ACTIVE_LEVELS", pick(rng, &["1", "2", "4", "8"])));
    Program { text, variables }
}
