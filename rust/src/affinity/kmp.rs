//! The texts of `KMP_AFFINITY` and `KMP_HW_SUBSET`, in the grammar of LLVM's and Intel's
//! runtimes, on this machine.
//!
//! LLVM's runtime sorts the hardware threads by their numbers at each level (socket, core,
//! thread). `compact` sorts by the socket first, so that neighbours come one after another;
//! `scatter` by the thread first, so that they come far apart. A place is what the
//! granularity says around each hardware thread. Thread i goes to place i.

use crate::affinity::cpuset::CpuSet;
use crate::affinity::places::Level;
use crate::affinity::topology::{named, ranks, Rank};
use std::path::Path;

/// What `KMP_AFFINITY` asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// The binding, if a type is given.
    pub binding: Option<Binding>,
    /// Whether to display where threads are bound.
    pub verbose: bool,
    /// What was asked for that is not done.
    pub not_done: Vec<&'static str>,
}

/// Where threads are bound.
#[derive(Debug, PartialEq, Eq)]
pub enum Binding {
    /// Nowhere.
    Nowhere,
    /// Thread i to place i.
    InOrder(Vec<CpuSet>),
    /// At equal distances.
    Spread(Vec<CpuSet>),
}

/// A value, or a reason.
type Parsed<T> = Result<T, String>;

/// Reads `KMP_AFFINITY` for the processors of `mask`. `system` is that of
/// [`crate::affinity::topology::named`].
pub fn affinity(text: &str, mask: &CpuSet, system: &Path) -> Parsed<Wish> {
    let text = text.to_ascii_lowercase();
    let mut wish = Wish::default();
    let (mut kind, mut level, mut list) = (None, None, None);
    let mut numbers: Vec<usize> = Vec::new();
    for item in items(&text) {
        let (name, value) = match item.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (item, None),
        };
        match (name, value) {
            (
                "none" | "disabled" | "compact" | "scatter" | "balanced" | "explicit" | "logical"
                | "physical",
                None,
            ) => kind = Some(name.to_string()),
            ("granularity" | "gran", Some(value)) => level = Some(granularity(value)?),
            ("proclist", Some(value)) => list = Some(processors(value)?),
            ("verbose", None) => wish.verbose = true,
            ("noverbose", None) => wish.verbose = false,
            ("norespect", None) => wish.not_done.push("norespect"),
            ("reset", None) => wish.not_done.push("reset"),
            ("duplicates" | "dups", None) => wish.not_done.push("duplicates"),
            (
                "warnings" | "nowarnings" | "respect" | "noreset" | "noduplicates" | "nodups",
                None,
            ) => {}
            _ => match item.parse() {
                Ok(number) => numbers.push(number),
                Err(_) => return Err(format!("it has the unknown part {item:?}")),
            },
        }
    }
    if kind.is_none() && list.is_some() {
        kind = Some("explicit".into());
    }
    let Some(kind) = kind else {
        return Ok(wish);
    };
    let number = |i: usize| numbers.get(i).copied().unwrap_or(0);
    // Around a processor.
    let level = level.unwrap_or(Level::Cores);
    let groups = match level {
        Level::Threads => Vec::new(),
        _ => named(system, mask, level, usize::MAX).unwrap_or_default(),
    };
    let around = |cpu: usize| {
        let group = groups.iter().find(|group| group.contains(cpu));
        group.cloned().unwrap_or_else(|| CpuSet::from_iter([cpu]))
    };
    let no_smt = || ranks(system, mask).iter().all(|rank| rank.thread == 0);
    // The permutation, and the offset.
    let (permute, offset) = match kind.as_str() {
        "compact" | "scatter" => (number(0), number(1)),
        "balanced" => (0, number(1)),
        "logical" => (0, number(0)),
        "physical" => (usize::from(!no_smt()), number(0)),
        "explicit" => {
            let list = list.ok_or("it is explicit, but has no proclist")?;
            let places = list.iter().map(|place| {
                let cpus = place.iter().filter(|&cpu| mask.contains(cpu));
                cpus.flat_map(|cpu| around(cpu).iter().collect::<Vec<_>>())
                    .collect::<CpuSet>()
            });
            let places: Vec<CpuSet> = places.filter(|place| !place.is_empty()).collect();
            if places.is_empty() {
                return Err("none of its processors can be used".into());
            }
            wish.binding = Some(Binding::InOrder(places));
            return Ok(wish);
        }
        _ => {
            wish.binding = Some(Binding::Nowhere);
            return Ok(wish);
        }
    };
    let mut places: Vec<CpuSet> = Vec::new();
    for Rank { cpu, .. } in sort(ranks(system, mask), permute, kind == "scatter") {
        let place = around(cpu);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let count = places.len().max(1);
    places.rotate_left(offset % count);
    wish.binding = Some(match kind.as_str() {
        "balanced" => Binding::Spread(places),
        _ => Binding::InOrder(places),
    });
    Ok(wish)
}

/// The parts between commas that are not in brackets.
#[inline(never)]
fn items(text: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(text[start..].trim());
    found.retain(|item| !item.is_empty());
    found
}

/// A granularity: a level's name, or how many levels above the hardware threads.
#[inline(never)]
fn granularity(text: &str) -> Parsed<Level> {
    match text {
        "fine" | "thread" | "threads" | "0" => Ok(Level::Threads),
        "core" | "cores" | "1" => Ok(Level::Cores),
        "socket" | "sockets" | "package" | "2" => Ok(Level::Sockets),
        "ll_cache" | "ll_caches" => Ok(Level::Caches),
        "numa_domain" | "numa_domains" | "node" => Ok(Level::Numa),
        _ => Err(format!(
            "the granularity {text:?} is none of fine, core, socket, ll_cache and numa_domain"
        )),
    }
}

/// The most processors that a list may have, and their greatest number plus one.
const MAX_CPUS: usize = 1 << 16;

#[inline(never)]
fn malformed() -> String {
    "its proclist is not a list of processors".into()
}

#[inline(never)]
fn processor(text: &str) -> Parsed<usize> {
    let number = text.trim().parse::<usize>().ok();
    number.filter(|&n| n < MAX_CPUS).ok_or_else(malformed)
}

/// `first-last:stride`, `first-last` or a number.
#[inline(never)]
fn range(text: &str) -> Parsed<Vec<usize>> {
    let (bounds, stride) = text.split_once(':').unwrap_or((text, "1"));
    let (first, last) = bounds.split_once('-').unwrap_or((bounds, bounds));
    let (first, last, stride) = (processor(first)?, processor(last)?, processor(stride)?);
    if stride == 0 || last < first {
        return Err(malformed());
    }
    Ok((first..=last).step_by(stride).collect())
}

/// `[0,3,{4,5},8-14:2]`: places of one processor, or of those in braces.
#[inline(never)]
fn processors(text: &str) -> Parsed<Vec<CpuSet>> {
    let inside = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let mut places = Vec::new();
    for item in items(inside.ok_or_else(malformed)?) {
        match item.strip_prefix('{') {
            Some(braced) => {
                let mut place = CpuSet::default();
                for item in items(braced.strip_suffix('}').ok_or_else(malformed)?) {
                    range(item)?.into_iter().for_each(|cpu| place.insert(cpu));
                }
                places.push(place);
            }
            None => {
                for cpu in range(item)? {
                    places.push(CpuSet::from_iter([cpu]));
                }
            }
        }
        if places.len() > MAX_CPUS {
            return Err(malformed());
        }
    }
    Ok(places)
}

/// Sorts hardware threads as LLVM's runtime does. Of the levels at which the machine has more
/// than one member, the `permute` innermost are the most significant, the innermost first;
/// then come the others from the outermost on. `scatter` counts `permute` from the other end.
#[inline(never)]
fn sort(ranks: Vec<Rank>, permute: usize, is_scatter: bool) -> Vec<Rank> {
    let levels = |rank: &Rank| [rank.socket, rank.core, rank.thread];
    let mut used: Vec<usize> = (0..3)
        .filter(|&level| ranks.iter().any(|rank| levels(rank)[level] > 0))
        .collect();
    let depth = used.len();
    let innermost = if is_scatter {
        depth.saturating_sub(1).saturating_sub(permute)
    } else {
        permute.min(depth.saturating_sub(1))
    };
    let mut order: Vec<usize> = used.split_off(depth - innermost);
    order.reverse();
    order.extend(used);
    let key = |rank: &Rank| {
        let mut key = [0; 4];
        for (at, &level) in order.iter().enumerate() {
            key[at] = levels(rank)[level];
        }
        key[3] = rank.cpu;
        key
    };
    // By insertion: little code, and the ranks are nearly in order, or few.
    let mut sorted: Vec<Rank> = Vec::with_capacity(ranks.len());
    for rank in ranks {
        let before = sorted
            .iter()
            .rev()
            .take_while(|&other| key(other) > key(&rank));
        let at = sorted.len() - before.count();
        sorted.insert(at, rank);
    }
    sorted
}

/// Reads `KMP_HW_SUBSET`: a number of sockets, of cores of each, of threads of each, as in
/// `1s,4c@2,1t`. Answers those processors of `mask`.
pub fn subset(text: &str, mask: &CpuSet, system: &Path) -> Parsed<CpuSet> {
    let mut kept = ranks(system, mask);
    let text = text.to_ascii_lowercase().replace(' ', "");
    for item in text.split([',', 'x']) {
        let digits = item.bytes().take_while(u8::is_ascii_digit).count();
        let (count, rest) = item.split_at(digits);
        let rest = rest.strip_prefix('*').unwrap_or(rest);
        let (unit, offset) = rest.split_once('@').unwrap_or((rest, "0"));
        let level: fn(&Rank) -> usize = match unit {
            "s" | "socket" | "sockets" | "package" | "packages" => |rank| rank.socket,
            "c" | "core" | "cores" => |rank| rank.core,
            "t" | "thread" | "threads" => |rank| rank.thread,
            _ => {
                return Err(format!(
                    "{item:?} is not a number of sockets (s), cores (c) or threads (t)"
                ))
            }
        };
        let bad = || format!("{item:?} has a bad number");
        let offset: usize = offset.parse().map_err(|_| bad())?;
        let have = kept.iter().map(|rank| level(rank) + 1).max().unwrap_or(0);
        let count = match count {
            "" => have.saturating_sub(offset),
            digits => digits.parse().map_err(|_| bad())?,
        };
        if count == 0 || count.saturating_add(offset) > have {
            return Err(format!("{item:?} is not there: the machine has {have}"));
        }
        kept.retain(|rank| (offset..offset + count).contains(&level(rank)));
    }
    Ok(kept.iter().map(|rank| rank.cpu).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::affinity::topology::tests::machine;

    fn order(text: &str) -> String {
        let folder = machine();
        let mask = CpuSet::from_list("0-7").unwrap();
        match affinity(text, &mask, &folder.path).map(|wish| wish.binding) {
            Ok(Some(Binding::InOrder(places))) => {
                let places: Vec<_> = places.iter().map(CpuSet::to_string).collect();
                places.join(" ")
            }
            Ok(Some(Binding::Spread(places))) => format!("spread {}", places.len()),
            Ok(Some(Binding::Nowhere)) => "nowhere".into(),
            Ok(None) => "nothing".into(),
            Err(_) => "bad".into(),
        }
    }

    /// Two sockets of two cores of two threads: 0,4 1,5 | 2,6 3,7.
    #[test]
    fn orders() {
        for (text, expected) in [
            ("compact", "0,4 1,5 2,6 3,7"),
            ("granularity=fine,compact", "0 4 1 5 2 6 3 7"),
            ("granularity=fine,compact,1,0", "0 1 2 3 4 5 6 7"),
            ("gran=fine,compact,2", "0 2 1 3 4 6 5 7"),
            ("granularity=fine,compact,0,3", "5 2 6 3 7 0 4 1"),
            ("scatter", "0,4 2,6 1,5 3,7"),
            ("granularity=fine,scatter", "0 2 1 3 4 6 5 7"),
            ("granularity=core,scatter,0,1", "2,6 1,5 3,7 0,4"),
            ("granularity=socket,compact", "0-1,4-5 2-3,6-7"),
            ("balanced", "spread 4"),
            ("verbose,none", "nowhere"),
            ("disabled", "nowhere"),
            ("respect,noverbose", "nothing"),
            ("logical,1,granularity=fine", "4 1 5 2 6 3 7 0"),
            ("physical,granularity=fine", "0 1 2 3 4 5 6 7"),
            ("explicit,proclist=[3,0,2],granularity=fine", "3 0 2"),
            (
                "granularity=fine,proclist=[1-7:3,{0,2}],explicit",
                "1 4 7 0,2",
            ),
            ("explicit,proclist=[5]", "1,5"),
            ("Explicit , ProcList=[ 9, 6 ],gran=thread", "6"),
        ] {
            assert_eq!(order(text), expected, "{text}");
        }
        for bad in [
            "nearby",
            "granularity=tile,compact",
            "compact,x",
            "explicit",
            "explicit,proclist=[9]",
            "explicit,proclist=[1",
            "explicit,proclist=[3-1]",
            "proclist=[a]",
            "compact=3",
        ] {
            assert_eq!(order(bad), "bad", "{bad}");
        }
    }

    #[test]
    fn other_parts() {
        let mask = CpuSet::from_list("0-3").unwrap();
        let nowhere = Path::new("/nonexistent");
        let wish = affinity("verbose,norespect,reset", &mask, nowhere).unwrap();
        assert!(wish.verbose && wish.not_done == ["norespect", "reset"]);
        // A machine that does not tell has one socket of cores.
        let wish = affinity("scatter", &mask, nowhere).unwrap();
        let places: Vec<CpuSet> = (0..4).map(|cpu| CpuSet::from_iter([cpu])).collect();
        assert_eq!(wish.binding, Some(Binding::InOrder(places)));
    }

    #[test]
    fn subsets() {
        let folder = machine();
        let mask = CpuSet::from_list("0-7").unwrap();
        let of = |text: &str| match subset(text, &mask, &folder.path) {
            Ok(set) => set.to_string(),
            Err(_) => "bad".into(),
        };
        for (text, expected) in [
            ("1s", "0-1,4-5"),
            ("1s,1c,2t", "0,4"),
            ("2sx2cx1t", "0-3"),
            ("1S@1, 1C@1, 1T@1", "7"),
            ("1t", "0-3"),
            ("*s,1core", "0,2,4,6"),
            ("cores@1", "1,3,5,7"),
            ("3s", "bad"),
            ("0c", "bad"),
            ("1c@2", "bad"),
            ("2n", "bad"),
            (":2c", "bad"),
            ("", "bad"),
            ("1c:eff1", "bad"),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }
}
