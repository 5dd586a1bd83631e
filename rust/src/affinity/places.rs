//! The texts of `OMP_PLACES` and `GOMP_CPU_AFFINITY`, in libgomp's grammar.

use crate::affinity::cpuset::CpuSet;

/// What the places of an abstract name are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// Hardware threads.
    Threads,
    /// Cores.
    Cores,
    /// Sockets.
    Sockets,
    /// Last-level caches.
    Caches,
    /// NUMA domains.
    Numa,
}

/// `OMP_PLACES`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Places {
    /// An abstract name, and how many of its places are wanted at most.
    Named(Level, usize),
    /// A list.
    Listed(Vec<CpuSet>),
}

/// A value, or the reason why a text is bad.
pub type Parsed<T> = Result<T, String>;

/// The abstract names.
const NAMES: [(&str, Level); 5] = [
    ("threads", Level::Threads),
    ("cores", Level::Cores),
    ("sockets", Level::Sockets),
    ("ll_caches", Level::Caches),
    ("numa_domains", Level::Numa),
];

/// The most places that a list may have.
const MAX_PLACES: usize = 65536;

/// The most that the places of a list may have together, as words of memory plus
/// processors: enough for one place for each of 20,000 processors.
const MAX_WORDS_AND_CPUS: usize = 1 << 22;

/// The numbers of processors are below this.
const MAX_CPUS: usize = 1 << 16;

fn malformed<T>() -> Parsed<T> {
    Err("it is not a list of places".into())
}

/// The rest of a text.
struct Text<'a>(&'a str);

impl Text<'_> {
    /// Takes blanks, and `c` if it comes next. True if it took `c`.
    fn take(&mut self, c: char) -> bool {
        self.0 = self.0.trim_start();
        match self.0.strip_prefix(c) {
            Some(rest) => {
                self.0 = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// Takes a number that may have a sign.
    fn integer(&mut self) -> Option<i64> {
        let text = self.0.trim_start();
        let signs = usize::from(text.starts_with(['+', '-']));
        let digits = text[signs..].bytes().take_while(u8::is_ascii_digit).count();
        let number = text[..signs + digits].parse().ok()?;
        self.0 = text[signs + digits..].trim_start();
        Some(number)
    }

    /// Takes a number from 0 on.
    fn natural(&mut self) -> Option<usize> {
        self.integer().and_then(|n| usize::try_from(n).ok())
    }
}

/// An item of a list, or of a place: `len` repetitions of `first`, at distances of
/// `stride`.
struct Interval<T> {
    first: T,
    len: usize,
    stride: i64,
}

/// Takes `:len:stride`, if it comes next.
fn interval<T>(text: &mut Text, first: T) -> Parsed<Interval<T>> {
    let (mut len, mut stride) = (1, 1);
    if text.take(':') {
        len = match text.natural() {
            Some(len) if len > 0 && len < MAX_PLACES => len,
            _ => return malformed(),
        };
        if text.take(':') {
            stride = match text.integer() {
                Some(stride) => stride,
                None => return malformed(),
            };
        }
    }
    Ok(Interval { first, len, stride })
}

/// `cpu + by`, if there can be such a processor.
fn shifted(cpu: usize, by: i64) -> Parsed<usize> {
    i64::try_from(cpu)
        .ok()
        .and_then(|cpu| cpu.checked_add(by))
        .and_then(|cpu| usize::try_from(cpu).ok())
        .filter(|&cpu| cpu < MAX_CPUS)
        .ok_or_else(|| format!("logical CPU number {cpu}+{by} is out of range"))
}

/// Takes the inside of a place's braces: the processors that it adds, without those that it
/// excludes.
fn braced(text: &mut Text, room: &mut Room) -> Parsed<CpuSet> {
    let (mut set, mut excluded) = (CpuSet::default(), Vec::new());
    loop {
        let exclude = text.take('!');
        let Some(first) = text.natural() else {
            return malformed();
        };
        if exclude {
            excluded.push(first);
        } else {
            let Interval { first, len, stride } = interval(text, first)?;
            let mut cpu = shifted(first, 0)?;
            room.take(len)?;
            set.insert(cpu);
            for _ in 1..len {
                cpu = shifted(cpu, stride)?;
                set.insert(cpu);
            }
        }
        if text.take('}') {
            break;
        }
        if !text.take(',') {
            return malformed();
        }
    }
    for cpu in excluded {
        if !set.remove(cpu) {
            return Err(format!("logical CPU {cpu} is not in the place"));
        }
    }
    Ok(set)
}

/// Takes `{...}` or one processor.
fn one_place(text: &mut Text, room: &mut Room) -> Parsed<CpuSet> {
    if text.take('{') {
        return braced(text, room);
    }
    match text.natural() {
        Some(cpu) => Ok(CpuSet::from_iter([shifted(cpu, 0)?])),
        None => malformed(),
    }
}

/// The rest of [`MAX_WORDS_AND_CPUS`] that the places of a list may still use.
struct Room(usize);

impl Room {
    fn take(&mut self, much: usize) -> Parsed<()> {
        match self.0.checked_sub(much) {
            Some(left) => self.0 = left,
            None => return Err("there are too many processors in the places".into()),
        }
        Ok(())
    }

    /// Takes the room of another place.
    fn take_place(&mut self, place: &CpuSet) -> Parsed<()> {
        self.take(place.words() + place.len())
    }
}

fn list(text: &mut Text) -> Parsed<Vec<CpuSet>> {
    let mut places = Vec::new();
    let mut room = Room(MAX_WORDS_AND_CPUS);
    loop {
        if text.take('!') {
            let place = one_place(text, &mut room)?;
            let at = places.iter().position(|other| *other == place);
            places.remove(at.ok_or("a place that is not in the list cannot be excluded")?);
        } else {
            let place = one_place(text, &mut room)?;
            let Interval { first, len, stride } = interval(text, place)?;
            if places.len() + len > MAX_PLACES {
                return Err(format!("there are more than {MAX_PLACES} places"));
            }
            let mut place = first;
            room.take_place(&place)?;
            for _ in 1..len {
                let next = place
                    .iter()
                    .map(|cpu| shifted(cpu, stride))
                    .collect::<Parsed<_>>()?;
                places.push(std::mem::replace(&mut place, next));
                room.take_place(&place)?;
            }
            places.push(place);
        }
        if text.0.is_empty() {
            break;
        }
        if !text.take(',') {
            return malformed();
        }
    }
    if places.is_empty() {
        return Err("all places have been excluded".into());
    }
    Ok(places)
}

/// `OMP_PLACES` (OpenMP 5.2, 21.1.6): an abstract name, with a limit of places in
/// parentheses; or a list of places. Each place is `{...}` or one processor;
/// `:len:stride` repeats it, `!` excludes it. In the braces are processors, which are
/// repeated and excluded in the same way.
pub fn places(text: &str) -> Parsed<Places> {
    let text = text.trim();
    let name = NAMES.into_iter().find(|(name, _)| {
        text.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    });
    let Some((name, level)) = name else {
        return list(&mut Text(text)).map(Places::Listed);
    };
    let mut rest = Text(text[name.len()..].trim_start());
    if rest.0.is_empty() {
        return Ok(Places::Named(level, usize::MAX));
    }
    match (rest.take('('), rest.natural(), rest.take(')'), rest.0) {
        (true, Some(most), true, "") if most > 0 => Ok(Places::Named(level, most)),
        _ => Err(format!(
            "behind \"{name}\" there may be only a positive number in parentheses"
        )),
    }
}

/// `GOMP_CPU_AFFINITY`: processors `first-last:stride`, separated by blanks or commas. Each
/// processor is a place. Numbers are in C's form (0x: base 16; 0: base 8).
pub fn cpu_affinity(text: &str) -> Parsed<Vec<CpuSet>> {
    fn number(text: &mut &str) -> Parsed<usize> {
        let (radix, digits) = match (text.strip_prefix("0x"), text.strip_prefix('0')) {
            (Some(digits), _) => (16, digits),
            (None, Some(digits)) if digits.starts_with(|c: char| c.is_digit(8)) => (8, digits),
            _ => (10, *text),
        };
        let end = digits
            .find(|c: char| !c.is_digit(radix))
            .unwrap_or(digits.len());
        let number = usize::from_str_radix(&digits[..end], radix);
        *text = &digits[end..];
        number
            .ok()
            .filter(|&n| n < MAX_CPUS)
            .ok_or_else(|| "it is not a list of processors".into())
    }
    let mut places = Vec::new();
    let mut room = Room(MAX_WORDS_AND_CPUS);
    let mut rest = text.trim();
    loop {
        let first = number(&mut rest)?;
        let (mut last, mut stride) = (first, 1);
        if let Some(range) = rest.strip_prefix('-') {
            rest = range;
            last = number(&mut rest)?;
            if let Some(step) = rest.strip_prefix(':') {
                rest = step;
                stride = number(&mut rest)?;
            }
        }
        if last < first || stride == 0 {
            return Err(format!("{first}-{last}:{stride} has no end"));
        }
        let cpus = (first..=last).step_by(stride);
        if places.len() + (last - first) / stride >= MAX_PLACES {
            return Err(format!("there are more than {MAX_PLACES} places"));
        }
        for cpu in cpus {
            let place = CpuSet::from_iter([cpu]);
            room.take_place(&place)?;
            places.push(place);
        }
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(places);
        }
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
}

/// The places, in the form of `OMP_PLACES`.
pub(crate) fn text(places: &[CpuSet]) -> String {
    let place = |place: &CpuSet| {
        let runs = place.runs();
        let runs = runs.iter().map(|&(first, len)| match len {
            1 => first.to_string(),
            _ => format!("{first}:{len}"),
        });
        format!("{{{}}}", runs.collect::<Vec<_>>().join(","))
    };
    places.iter().map(place).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> Vec<String> {
        match places(text) {
            Ok(Places::Listed(list)) => list.iter().map(CpuSet::to_string).collect(),
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn names() {
        use Level::{Caches, Cores, Numa, Sockets, Threads};
        for (text, level, most) in [
            ("threads", Threads, usize::MAX),
            (" Cores ", Cores, usize::MAX),
            ("sockets(3)", Sockets, 3),
            ("ll_caches ( 4 ) ", Caches, 4),
            ("NUMA_domains(1)", Numa, 1),
        ] {
            assert_eq!(places(text), Ok(Places::Named(level, most)), "{text:?}");
        }
        for bad in [
            "thread",
            "threads(",
            "threads()",
            "threads(1",
            "threads(0)",
            "threads(-1)",
            "threads(1) x",
            "cores,2",
            "socketsx",
        ] {
            assert!(places(bad).is_err(), "{bad:?}");
        }
    }

    /// What the system's libgomp makes of the same texts.
    #[test]
    fn lists() {
        for (text, places) in [
            ("{0}", &["0"][..]),
            ("{0,1}", &["0-1"]),
            ("{0:4}", &["0-3"]),
            ("{0:4:2}", &["0,2,4,6"]),
            ("{6:3:-2,9}", &["2,4,6,9"]),
            ("{0:4,!2}", &["0-1,3"]),
            ("{!0,0:2}", &["1"]),
            ("{0},{1}", &["0", "1"]),
            (" { 0 , 1 : 2 } , 7 ", &["0-2", "7"]),
            ("{0}:3", &["0", "1", "2"]),
            ("{0:2}:3:4", &["0-1", "4-5", "8-9"]),
            ("{8}:3:-4", &["8", "4", "0"]),
            ("{0}:2:0", &["0", "0"]),
            ("3", &["3"]),
            ("1:3:2", &["1", "3", "5"]),
            ("{0}:4,!{1}", &["0", "2", "3"]),
            ("{+1}", &["1"]),
            ("{1},{1},!{1}", &["1"]),
        ] {
            assert_eq!(listed(text), places, "{text:?}");
        }
        for bad in [
            "",
            " ",
            "foo",
            "{",
            "{}",
            "{0",
            "{0:0}",
            "{0}:0",
            "{0}:65536",
            "{0}x",
            "{0},",
            ",{0}",
            "!{0}",
            "{0},!{0}",
            "{0},!{1}",
            "{0},!{0}:2",
            "{0,!1}",
            "{0,!0:2}",
            "{-1}",
            "{0:2}:2:-1",
            "{65536}",
            "{0:2:65536}",
            "{0:1:x}",
            "{0}:2:",
            "{0} {1}",
            "{\u{e9}}",
            "{99999999999999999999}",
        ] {
            assert!(places(bad).is_err(), "{bad:?}");
        }
    }

    /// Texts of some characters that would take hundreds of megabytes.
    #[test]
    fn lists_that_are_too_large() {
        let braces = format!("{{{}0}}", "0:65535,".repeat(100));
        for text in [
            "{65535}:65535:0",
            "{0:65535}:65535:0",
            "{0}:65535:1",
            &braces,
        ] {
            assert_eq!(
                places(text),
                Err("there are too many processors in the places".into())
            );
        }
        assert!(cpu_affinity("0-65535").is_err());
        // A place for each processor of a great machine.
        assert_eq!(listed("{0}:16384").len(), 16384);
        assert_eq!(
            cpu_affinity("0-16383").map(|places| places.len()),
            Ok(16384)
        );
    }

    #[test]
    fn cpu_lists() {
        let read = |text: &str| -> Vec<String> {
            cpu_affinity(text)
                .unwrap()
                .iter()
                .map(CpuSet::to_string)
                .collect()
        };
        assert_eq!(read("7"), ["7"]);
        assert_eq!(read(" 0 3 1-2 "), ["0", "3", "1", "2"]);
        assert_eq!(read("4-15:4,0x10,010"), ["4", "8", "12", "16", "8"]);
        for bad in [
            "", "x", "0-", "1-0", "0-1:0", "0 x", "65536", "0,,1", "-1", "0x",
        ] {
            assert!(cpu_affinity(bad).is_err(), "{bad:?}");
        }
    }
}
