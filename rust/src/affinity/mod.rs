//! Places, and binding threads to them (OpenMP 5.2, 2.4 and 10.1.3).
//!
//! - [`apart`]: unbound workers that share a processor while others are free.
//! - [`cpuset`]: sets of processors.
//! - [`mod@places`]: the texts of `OMP_PLACES` and `GOMP_CPU_AFFINITY`.
//! - [`topology`]: what the abstract names mean on this machine.
//! - [`partition`]: which place a thread of a region gets.
//! - [`mod@format`]: telling users about it.
//!
//! # Note [Binding to places]
//!
//! Nothing here happens unless the environment asks for places, binding or
//! the display of affinity: then ([`binding_enabled`]) every thread that takes a member
//! for a region comes to [`apply_binding`], where it works out its own place. A worker
//! moves itself, and only if its place is another than the one that it is
//! bound to. A thread that starts a region keeps its place. The threads that the
//! runtime did not start are bound to the first place when they first start a
//! region or ask for their place; but in the process of a host, whose threads
//! they are, only if `OMP_PROC_BIND` says that threads are bound, and then one
//! after another to all places.

pub mod cpuset;
pub mod partition;
pub mod places;
pub mod topology;

use crate::affinity::cpuset::CpuSet;
use crate::affinity::partition::{Partition, Placement};
use crate::affinity::places::Places;
use crate::icv::{self, Bind};
use crate::parallel::affinity_format;
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::thread::{Context, Thread};
use crate::{host, messages, points};
use core::sync::atomic::{AtomicU32, Ordering};
use std::path::Path;

/// What the environment and the machine say of places.
#[derive(Debug, Default)]
pub struct Affinity {
    /// `place-list-var`; empty where threads are not bound.
    pub places: Vec<CpuSet>,
    /// The processors that the process had when it met OpenMP.
    pub mask: CpuSet,
    /// Whether `OMP_PROC_BIND` asks for binding.
    pub asked: bool,
}

/// The places that `OMP_PLACES`, else `GOMP_CPU_AFFINITY`, else `bind` (the
/// value of `OMP_PROC_BIND`) ask for, on the processors of `mask`. `system` is
/// as in [`topology::named`]. `complain` hears of bad values.
pub fn settle(
    get: impl Fn(&str) -> Option<String>,
    bind: Option<Bind>,
    mask: &CpuSet,
    system: &Path,
    complain: &mut dyn FnMut(String),
) -> Vec<CpuSet> {
    let wanted = bind != Some(Bind::False);
    let threads = || {
        let asked = bind.is_some_and(|bind| bind != Bind::False);
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

/// The places with the processors that there are.
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

/// `place-list-var`.
pub fn places() -> &'static [CpuSet] {
    &icv::globals().affinity.places
}

/// The partition of initial tasks: all places.
pub fn all_places() -> Partition {
    Partition {
        first: 0,
        len: places().len() as u32,
    }
}

/// Binds a thread that the runtime did not start, if it shall be and is not.
/// Must be called by the thread itself.
#[cold]
pub fn bind_master(thread: &Thread) {
    static MASTERS: AtomicU32 = AtomicU32::new(0);
    let affinity = &icv::globals().affinity;
    if affinity.places.is_empty() || thread.bound_to.get().is_some() {
        return;
    }
    if host::host().is_none_or(|host| host.boot.is_some()) {
        move_to(thread, 0);
    } else if affinity.asked {
        let number = MASTERS.fetch_add(1, Ordering::Relaxed);
        move_to(thread, number % affinity.places.len() as u32);
    }
}

/// Binds the calling thread to a place if it is not there.
fn move_to(thread: &Thread, place: u32) {
    if thread.bound_to.get() != Some(place) {
        places()[place as usize].bind_thread();
        thread.bound_to.set(Some(place));
    }
}

/// Whether regions have to apply_binding to binding or display; settled before the
/// first region and for good.
#[inline(always)]
pub fn binding_enabled() -> bool {
    points::enabled(points::AFFINITY)
}

/// From now on they have.
pub fn enable_binding() {
    points::change(points::AFFINITY, points::AFFINITY);
}

/// Where the threads of a region go that `master` starts in `outer`. `icv` are
/// those of `outer`'s task, and become those of the region's implicit tasks.
/// `bind` is the `proc_bind` clause or 0, which says nothing where threads are not
/// bound. As in libgomp, it holds for the regions inside as well, unless
/// `OMP_PROC_BIND` has a word for their level.
#[cold]
pub fn begin_region(master: &Thread, outer: &Context, bind: u32, icv: &mut icv::Icv) -> Placement {
    bind_master(master);
    match Bind::from_omp(bind) {
        Some(bind) if bind != Bind::False && icv.bind != Bind::False => icv.bind = bind,
        _ => {}
    }
    let partition = outer.member.partition.get();
    let placement = Placement {
        bind: icv.bind,
        place: master.bound_to.get().unwrap_or(partition.first),
        partition,
    };
    let within = outer.team.region.level.get() as usize + 1;
    if let Some(&bind) = icv::globals().bind_list.get(within) {
        icv.bind = bind;
    }
    placement
}

/// The calling thread has taken its member for a region: it goes to its place,
/// and says where it is if that shall be displayed.
#[cold]
pub fn apply_binding(thread: &Thread, team: &Team, member: &Member) {
    let placement = team.region.affinity.get();
    if placement.partition.len > 0 && team.size() > 1 {
        let (place, partition) = placement.of(member.num, team.size());
        if member.num > 0 {
            move_to(thread, place);
        }
        member.partition.set(partition);
    } else {
        member.partition.set(placement.partition);
    }
    if icv::globals().display_affinity && team.size() > 1 {
        affinity_format::display_once(thread, team, member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(pairs: &[(&str, &str)], bind: Option<Bind>) -> (Vec<String>, usize) {
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
            settled(&[], Some(Bind::Close)),
            own(&["0", "1", "2", "3"], 0)
        );
        assert_eq!(settled(&[places, other], None), own(&["0-1", "2"], 0));
        assert_eq!(settled(&[other], Some(Bind::Spread)), own(&["3", "1"], 0));
        assert_eq!(settled(&[places, other], Some(Bind::False)), own(&[], 0));
        let bad = ("OMP_PLACES", "{9}");
        assert_eq!(settled(&[bad, other], None), own(&["3", "1"], 1));
        assert_eq!(settled(&[bad], None), own(&[], 1));
        assert_eq!(
            settled(&[bad], Some(Bind::True)),
            own(&["0", "1", "2", "3"], 1)
        );
        assert_eq!(settled(&[("OMP_PLACES", "sockets")], None), own(&[], 1));
        let malformed = [("OMP_PLACES", "{"), ("GOMP_CPU_AFFINITY", "x")];
        assert_eq!(settled(&malformed, Some(Bind::False)), own(&[], 2));
    }
}
