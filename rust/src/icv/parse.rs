//! Parsers for the texts of `OMP_*`, without side effects. Each answers with the value, or
//! with a description of what the text should be. Blanks around values are allowed; case
//! does not matter.

use crate::affinity::bind::ProcBind;
use crate::icv::types::{
    DisplayEnv, Schedule, ScheduleKind, TargetOffload, WaitPolicy, SUPPORTED_ACTIVE_LEVELS,
};
use crate::points;

/// A value, or a description of what was wanted.
pub type Parsed<T> = Result<T, &'static str>;

/// A number in digits only: no sign, no blanks inside.
fn digits(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// A positive number of threads that fits a C int.
pub fn positive(text: &str) -> Parsed<u32> {
    digits(text.trim())
        .filter(|&n| n > 0 && n <= i32::MAX as u64)
        .map(|n| n as u32)
        .ok_or("a positive integer")
}

/// An integer from 0 on that fits a C int.
pub fn natural(text: &str) -> Parsed<i32> {
    digits(text.trim())
        .and_then(|n| i32::try_from(n).ok())
        .ok_or("an integer from 0")
}

/// `OMP_NUM_THREADS`: one positive number per nesting level.
pub fn thread_list(text: &str) -> Parsed<Vec<u32>> {
    text.split(',')
        .map(positive)
        .collect::<Result<_, _>>()
        .map_err(|_| "a list of positive integers")
}

/// `OMP_THREAD_LIMIT`: a positive number. A number that does not fit an unsigned C int is
/// no limit.
pub fn thread_limit(text: &str) -> Parsed<u32> {
    digits(text.trim())
        .filter(|&n| n > 0)
        .map(|n| u32::try_from(n).unwrap_or(u32::MAX))
        .ok_or("a positive integer")
}

/// `true` or `false`.
pub fn boolean(text: &str) -> Parsed<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("true or false"),
    }
}

/// `OMP_TOOL`: `enabled` or `disabled`.
pub fn enabled(text: &str) -> Parsed<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "enabled" => Ok(true),
        "disabled" => Ok(false),
        _ => Err("enabled or disabled"),
    }
}

/// `OMP_MAX_ACTIVE_LEVELS`: an integer from 0 on. A number of levels that is not supported
/// counts as the most supported ones.
pub fn levels(text: &str) -> Parsed<u32> {
    digits(text.trim())
        .map(|n| n.min(u64::from(SUPPORTED_ACTIVE_LEVELS)) as u32)
        .ok_or("an integer from 0")
}

/// `OMP_SCHEDULE`: `[monotonic:|nonmonotonic:]kind[,chunk]`. As in libgomp, a chunk of 0
/// stands for the kind's default.
pub fn schedule(text: &str) -> Parsed<Schedule> {
    const WANTED: &str =
        "a schedule ([monotonic:|nonmonotonic:]static|dynamic|guided|auto[,chunk])";
    let text = text.trim().to_ascii_lowercase();
    let (modifier, rest) = match text.split_once(':') {
        Some((modifier, rest)) => (Some(modifier.trim()), rest),
        None => (None, text.as_str()),
    };
    let (kind, chunk) = match rest.split_once(',') {
        Some((kind, chunk)) => (kind, Some(chunk)),
        None => (rest, None),
    };
    let named = |known: &&ScheduleKind| known.name() == kind.trim();
    let &kind = ScheduleKind::ALL.iter().find(named).ok_or(WANTED)?;
    let monotonic = match modifier {
        Some("monotonic") => true,
        Some("nonmonotonic") => false,
        Some(_) => return Err(WANTED),
        None => kind.is_monotonic(),
    };
    let chunk = match chunk {
        Some(chunk) => digits(chunk.trim())
            .filter(|&n| n <= i32::MAX as u64)
            .map(|n| (n as i32).max(kind.default_chunk()))
            .ok_or(WANTED)?,
        None => kind.default_chunk(),
    };
    Ok(Schedule {
        kind,
        monotonic,
        chunk: if kind.has_chunk() { chunk } else { 0 },
    })
}

/// `OMP_STACKSIZE`: a size, followed by B, K, M or G; K if no letter follows.
pub fn stack_size(text: &str) -> Parsed<usize> {
    const WANTED: &str = "a stack size (a positive integer, then B, K, M or G)";
    let text = text.trim().to_ascii_lowercase();
    let (number, shift) = match text.as_bytes().last() {
        Some(b'b') => (&text[..text.len() - 1], 0),
        Some(b'k') => (&text[..text.len() - 1], 10),
        Some(b'm') => (&text[..text.len() - 1], 20),
        Some(b'g') => (&text[..text.len() - 1], 30),
        _ => (text.as_str(), 10),
    };
    let size = digits(number.trim())
        .and_then(|n| n.checked_mul(1 << shift))
        .and_then(|n| usize::try_from(n).ok())
        .filter(|&n| n <= isize::MAX as usize)
        .ok_or(WANTED)?;
    if size < libc::PTHREAD_STACK_MIN {
        return Err("a stack size that a thread can have (it is too small)");
    }
    Ok(size)
}

/// `OMP_PROC_BIND`: `true`, `false`, or a policy for each nesting level.
pub fn proc_bind(text: &str) -> Parsed<Vec<ProcBind>> {
    if let Ok(on) = boolean(text) {
        return Ok(vec![if on { ProcBind::True } else { ProcBind::False }]);
    }
    text.split(',')
        .map(|policy| match policy.trim().to_ascii_lowercase().as_str() {
            "master" | "primary" => Ok(ProcBind::Primary),
            "close" => Ok(ProcBind::Close),
            "spread" => Ok(ProcBind::Spread),
            _ => Err("true, false, or a list of primary, close and spread"),
        })
        .collect()
}

/// `OMP_TARGET_OFFLOAD`.
pub fn target_offload(text: &str) -> Parsed<TargetOffload> {
    match text.trim().to_ascii_lowercase().as_str() {
        "default" => Ok(TargetOffload::Default),
        "mandatory" => Ok(TargetOffload::Mandatory),
        "disabled" => Ok(TargetOffload::Disabled),
        _ => Err("default, mandatory or disabled"),
    }
}

/// `OMP_DISPLAY_ENV`.
pub fn display_env(text: &str) -> Parsed<DisplayEnv> {
    if text.trim().eq_ignore_ascii_case("verbose") {
        return Ok(DisplayEnv::Verbose);
    }
    match boolean(text) {
        Ok(true) => Ok(DisplayEnv::True),
        Ok(false) => Ok(DisplayEnv::False),
        Err(_) => Err("true, false or verbose"),
    }
}

/// `OMP_WAIT_POLICY`.
pub fn wait_policy(text: &str) -> Parsed<WaitPolicy> {
    match text.trim().to_ascii_lowercase().as_str() {
        "active" => Ok(WaitPolicy::Active),
        "passive" => Ok(WaitPolicy::Passive),
        _ => Err("active or passive"),
    }
}

/// `GHCOMP_TRACE`: `none`, `all`, or a list of what to trace. The value is bits of
/// [`crate::points`].
pub fn trace(text: &str) -> Parsed<u32> {
    let kind = |name: &str| {
        let name = name.trim().to_ascii_lowercase();
        let found = points::TRACE_NAMES.iter().find(|(known, _)| *known == name);
        found.map(|&(_, kind)| kind)
    };
    match text.trim().to_ascii_lowercase().as_str() {
        "none" => Ok(0),
        "all" => Ok(points::TRACE),
        list => list
            .split(',')
            .try_fold(0, |kinds, name| Some(kinds | kind(name)?))
            .ok_or("none, all, or a list of regions, loops, tasks and waits"),
    }
}

/// `GOMP_SPINCOUNT`: a number of pauses, followed by k, M, G or T for powers of 1000; or
/// `infinite` or `infinity`.
pub fn spin_count(text: &str) -> Parsed<u64> {
    let text = text.trim().to_ascii_lowercase();
    if text == "infinite" || text == "infinity" {
        return Ok(u64::MAX);
    }
    let (number, factor) = match text.as_bytes().last() {
        Some(b'k') => (&text[..text.len() - 1], 1_000),
        Some(b'm') => (&text[..text.len() - 1], 1_000_000),
        Some(b'g') => (&text[..text.len() - 1], 1_000_000_000),
        Some(b't') => (&text[..text.len() - 1], 1_000_000_000_000),
        _ => (text.as_str(), 1),
    };
    digits(number.trim())
        .and_then(|n| n.checked_mul(factor))
        .ok_or("a count (an integer, then k, M, G or T) or infinity")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thread_lists() {
        assert_eq!(thread_list("4"), Ok(vec![4]));
        assert_eq!(thread_list(" 4 , 3,2 "), Ok(vec![4, 3, 2]));
        for bad in [
            "",
            " ",
            "0",
            "4,",
            ",4",
            "4,,2",
            "-2",
            "+2",
            "4x",
            "99999999999",
            "4 2",
        ] {
            assert!(thread_list(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn schedules() {
        let ok = |text, kind, monotonic, chunk| {
            assert_eq!(
                schedule(text),
                Ok(Schedule {
                    kind,
                    monotonic,
                    chunk
                }),
                "{text:?}"
            );
        };
        ok("static", ScheduleKind::Static, true, 0);
        ok(" Static , 7 ", ScheduleKind::Static, true, 7);
        ok("DYNAMIC", ScheduleKind::Dynamic, false, 1);
        ok("dynamic,16", ScheduleKind::Dynamic, false, 16);
        ok("guided,2147483647", ScheduleKind::Guided, false, i32::MAX);
        ok("static,0", ScheduleKind::Static, true, 0);
        ok("dynamic,0", ScheduleKind::Dynamic, false, 1);
        ok("auto", ScheduleKind::Auto, false, 0);
        ok("auto,5", ScheduleKind::Auto, false, 0);
        ok("monotonic:dynamic,4", ScheduleKind::Dynamic, true, 4);
        ok("nonmonotonic : guided", ScheduleKind::Guided, false, 1);
        ok("nonmonotonic:static", ScheduleKind::Static, false, 0);
        for bad in [
            "",
            "dyn",
            "static,",
            "dynamic,-1",
            "guided,x",
            "guided,2147483648",
            "monotonic",
            "monotonic:",
            "often:dynamic",
            "dynamic,1,2",
            "dynamic 4",
        ] {
            assert!(schedule(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn stack_sizes() {
        assert_eq!(stack_size("256"), Ok(256 << 10));
        assert_eq!(stack_size("256k"), Ok(256 << 10));
        assert_eq!(stack_size(" 16 M "), Ok(16 << 20));
        assert_eq!(stack_size("1G"), Ok(1 << 30));
        assert_eq!(stack_size("262144B"), Ok(262144));
        for bad in [
            "",
            "k",
            "0",
            "1b",
            "-1M",
            "1.5M",
            "1T",
            "99999999999999G",
            "16 M M",
        ] {
            assert!(stack_size(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn spin_counts() {
        assert_eq!(spin_count("0"), Ok(0));
        assert_eq!(spin_count("5k"), Ok(5_000));
        assert_eq!(spin_count(" 2 M"), Ok(2_000_000));
        assert_eq!(spin_count("Infinity"), Ok(u64::MAX));
        for bad in ["", "-1", "k", "99999999999999999999", "99999999T", "1e3"] {
            assert!(spin_count(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn words() {
        assert_eq!(boolean(" TRUE "), Ok(true));
        assert_eq!(boolean("false"), Ok(false));
        assert!(boolean("1").is_err());
        assert_eq!(wait_policy("Active"), Ok(WaitPolicy::Active));
        assert!(wait_policy("").is_err());
        assert_eq!(levels("0"), Ok(0));
        assert_eq!(levels("1000"), Ok(SUPPORTED_ACTIVE_LEVELS));
        assert!(levels("-1").is_err());
        assert_eq!(natural(" 0 "), Ok(0));
        assert!(natural("-1").is_err() && natural("2147483648").is_err());
        assert_eq!(target_offload("Mandatory"), Ok(TargetOffload::Mandatory));
        assert!(target_offload("true").is_err());
        assert_eq!(display_env(" VERBOSE"), Ok(DisplayEnv::Verbose));
        assert_eq!(display_env("true"), Ok(DisplayEnv::True));
        assert!(display_env("verbosely").is_err());
        assert_eq!(positive("2147483647"), Ok(i32::MAX as u32));
        assert!(positive("2147483648").is_err());
    }

    #[test]
    fn binding() {
        assert_eq!(proc_bind(" True "), Ok(vec![ProcBind::True]));
        assert_eq!(proc_bind("false"), Ok(vec![ProcBind::False]));
        assert_eq!(proc_bind("close"), Ok(vec![ProcBind::Close]));
        assert_eq!(
            proc_bind("master, PRIMARY ,spread"),
            Ok(vec![ProcBind::Primary, ProcBind::Primary, ProcBind::Spread])
        );
        for bad in ["", " ", "close,", ",close", "true,close", "near", "close x"] {
            assert!(proc_bind(bad).is_err(), "{bad:?}");
        }
    }

    /// The same numbers in every run (xorshift).
    fn numbers() -> impl Iterator<Item = u64> {
        std::iter::successors(Some(0x9e37_79b9_7f4a_7c15_u64), |&n| {
            let n = n ^ (n << 13);
            let n = n ^ (n >> 7);
            Some(n ^ (n << 17))
        })
    }

    #[test]
    fn what_is_written_is_read() {
        // Shifted, so that short and long numbers both come.
        for n in numbers().take(5000).map(|n| n >> (n % 64)) {
            let int = u32::try_from(n).ok().filter(|&n| n <= i32::MAX as u32);
            let blank = ["", " ", "\t ", "  \n"][n as usize % 4];
            let padded = format!("{blank}{n}{blank}");
            assert_eq!(positive(&padded).ok(), int.filter(|&n| n > 0), "{padded:?}");
            assert_eq!(levels(&padded), Ok(n.min(255) as u32));
            assert_eq!(spin_count(&padded), Ok(n));
            for (suffix, factor) in [("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000)] {
                let text = format!("{padded}{suffix}{blank}");
                assert_eq!(spin_count(&text).ok(), n.checked_mul(factor), "{text:?}");
            }
            for (suffix, unit) in [("B", 1), ("", 1 << 10), ("k", 1 << 10), ("m", 1 << 20)] {
                let text = format!("{padded}{suffix}");
                let size = n
                    .checked_mul(unit)
                    .filter(|&n| n >= libc::PTHREAD_STACK_MIN as u64 && n <= i64::MAX as u64);
                assert_eq!(stack_size(&text).ok().map(|n| n as u64), size, "{text:?}");
            }
            let chunk = schedule(&format!("guided{blank},{padded}")).map(|s| s.chunk);
            assert_eq!(chunk.ok(), int.map(|n| n.max(1) as i32), "{padded:?}");
            let list = format!("3,{padded},7");
            let read = int.filter(|&n| n > 0).map(|n| vec![3, n, 7]);
            assert_eq!(thread_list(&list).ok(), read, "{list:?}");
        }
    }

    #[test]
    fn no_text_is_too_strange() {
        let letters: Vec<char> = " \t,:-+0129kmgtbeaxstaticdynamicmonotonic\u{e9}\u{ffff}\0"
            .chars()
            .collect();
        let mut random = numbers();
        for _ in 0..20_000 {
            let length = random.next().unwrap() % 12;
            let text: String = (0..length)
                .map(|_| letters[random.next().unwrap() as usize % letters.len()])
                .collect();
            let numeric = text.contains(|c: char| c.is_ascii_digit());
            assert!(numeric || positive(&text).is_err(), "{text:?}");
            assert!(numeric || thread_list(&text).is_err(), "{text:?}");
            assert!(numeric || stack_size(&text).is_err(), "{text:?}");
            assert!(numeric || levels(&text).is_err(), "{text:?}");
            let _ = (schedule(&text), spin_count(&text), proc_bind(&text));
            let _ = (boolean(&text), wait_policy(&text));
        }
        // Something behind a good value makes it bad.
        for junk in [",", "-", ":", "x", "\0", " 1"] {
            for good in ["4", "static", "dynamic,2", "true", "active", "close"] {
                let text = format!("{good}{junk}");
                assert!(schedule(&text).is_err(), "{text:?}");
                assert!(positive(&text).is_err() && levels(&text).is_err());
                assert!(boolean(&text).is_err() && wait_policy(&text).is_err());
            }
        }
    }
}
