//! Settling the places: those that the environment asks for, on this machine.

use crate::affinity::bind::ProcBind;
use crate::affinity::cpuset::CpuSet;
use crate::affinity::partition::PlacePartition;
use crate::affinity::places::{self, Places};
use crate::affinity::topology;
use crate::messages;
use std::path::Path;

/// The places, as the environment and the machine settle them.
#[derive(Debug, Default)]
pub struct Affinity {
    /// `place-list-var`; empty if threads are not bound.
    pub places: Vec<CpuSet>,
    /// The processors that the process could use when it first used OpenMP.
    pub mask: CpuSet,
    /// Whether `OMP_PROC_BIND` has a valid value (with false there are no places).
    pub has_proc_bind: bool,
}

impl Affinity {
    /// The partition of initial tasks: all places.
    pub fn all_places(&self) -> PlacePartition {
        PlacePartition {
            first: 0,
            len: self.places.len() as u32,
        }
    }
}

/// The places on the processors of `mask` that the environment asks for, by `OMP_PLACES`,
/// else by `GOMP_CPU_AFFINITY`, else by `bind` (the value of `OMP_PROC_BIND`). `system` is
/// that of [`topology::named`]. Calls `complain` for bad values.
pub fn settle(
    get: impl Fn(&str) -> Option<String>,
    bind: Option<ProcBind>,
    mask: &CpuSet,
    system: &Path,
    complain: &mut dyn FnMut(String),
) -> Vec<CpuSet> {
    let wanted = bind != Some(ProcBind::False);
    let threads = || {
        let asked = bind.is_some_and(|bind| bind != ProcBind::False);
        let threads = || topology::named(system, mask, places::Level::Threads, usize::MAX);
        asked.then(threads).flatten().unwrap_or_default()
    };
    let invalid = |name: &str, text: &str, why: String, instead: &str| {
        let text = messages::excerpt(text);
        format!("Invalid value for environment variable {name}: {text}: {why}; using {instead}")
    };
    let none = if threads().is_empty() {
        "no places"
    } else {
        "threads"
    };
    let other = get("GOMP_CPU_AFFINITY");
    let mut found = Vec::new();
    if let Some(text) = get("OMP_PLACES") {
        let read = places::places(&text).and_then(|places| match places {
            _ if !wanted => Ok(Vec::new()),
            Places::Named(level, most) => topology::named(system, mask, level, most)
                .ok_or("the system does not tell its topology".into()),
            Places::Listed(list) => usable(list, mask, complain),
        });
        match read {
            Ok(places) => found = places,
            Err(why) => {
                let instead = other.as_ref().map_or(none, |_| "GOMP_CPU_AFFINITY");
                complain(invalid("OMP_PLACES", &text, why, instead));
            }
        }
    }
    if let Some(text) = other {
        match places::cpu_affinity(&text) {
            Ok(places) if wanted && found.is_empty() => found = places,
            Ok(_) => {}
            Err(why) => complain(invalid("GOMP_CPU_AFFINITY", &text, why, none)),
        }
    }
    if found.is_empty() {
        found = threads();
    }
    found
}

/// The places of a list, without the processors that are not in `mask`.
fn usable(
    list: Vec<CpuSet>,
    mask: &CpuSet,
    complain: &mut dyn FnMut(String),
) -> places::Parsed<Vec<CpuSet>> {
    let listed = list.len();
    let mut list: Vec<CpuSet> = list.iter().map(|place| place.intersection(mask)).collect();
    list.retain(|place| !place.is_empty());
    if list.is_empty() {
        return Err("none of the places contain usable logical CPUs".into());
    }
    if list.len() < listed {
        complain(format!(
            "Number of places reduced from {listed} to {} because some places didn't contain any \
             usable logical CPUs",
            list.len()
        ));
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(pairs: &[(&str, &str)], bind: Option<ProcBind>) -> (Vec<String>, usize) {
        let get = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| value.to_string())
        };
        let mask = CpuSet::from_list("0-3").unwrap();
        let mut complaints = 0;
        let nowhere = Path::new("/nonexistent");
        let places = settle(get, bind, &mask, nowhere, &mut |_| complaints += 1);
        (places.iter().map(CpuSet::to_string).collect(), complaints)
    }

    #[test]
    fn who_takes_precedence() {
        let (places, other) = (("OMP_PLACES", "{0:2},{2}"), ("GOMP_CPU_AFFINITY", "3 1"));
        let own = |list: &[&str], n| (list.iter().map(|s| s.to_string()).collect::<Vec<_>>(), n);
        assert_eq!(settled(&[], None), own(&[], 0));
        assert_eq!(
            settled(&[], Some(ProcBind::Close)),
            own(&["0", "1", "2", "3"], 0)
        );
        assert_eq!(settled(&[places, other], None), own(&["0-1", "2"], 0));
        assert_eq!(
            settled(&[other], Some(ProcBind::Spread)),
            own(&["3", "1"], 0)
        );
        assert_eq!(
            settled(&[places, other], Some(ProcBind::False)),
            own(&[], 0)
        );
        let bad = ("OMP_PLACES", "{9}");
        assert_eq!(settled(&[bad, other], None), own(&["3", "1"], 1));
        assert_eq!(settled(&[bad], None), own(&[], 1));
        assert_eq!(
            settled(&[bad], Some(ProcBind::True)),
            own(&["0", "1", "2", "3"], 1)
        );
        assert_eq!(settled(&[("OMP_PLACES", "sockets")], None), own(&[], 1));
        let malformed = [("OMP_PLACES", "{"), ("GOMP_CPU_AFFINITY", "x")];
        assert_eq!(settled(&malformed, Some(ProcBind::False)), own(&[], 2));
    }
}
