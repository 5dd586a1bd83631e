//! Binding the threads of regions to places (OpenMP 5.2, 10.1.3).
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

use crate::affinity::bind::ProcBind;
use crate::affinity::partition::Placement;
use crate::icv::{self, Icv};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::thread::{Context, Thread};
use crate::{host, points};
use core::sync::atomic::{AtomicU32, Ordering};

/// Whether regions have to attend to binding or its display; settled before the
/// first region and for good.
#[inline(always)]
pub fn binding_enabled() -> bool {
    points::enabled(points::AFFINITY)
}

/// Binds a thread that the runtime did not start, if it shall be and is not.
/// Must be called by the thread itself.
#[cold]
pub fn bind_master(thread: &Thread) {
    static MASTERS: AtomicU32 = AtomicU32::new(0);
    let affinity = &icv::globals().affinity;
    if affinity.places.is_empty() || thread.binding.place.get().is_some() {
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
    if thread.binding.place.get() != Some(place) {
        icv::globals().affinity.places[place as usize].bind_thread();
        thread.binding.place.set(Some(place));
    }
}

/// Where the threads of a region go that `master` starts in `outer`. `icv` are
/// those of `outer`'s task, and become those of the region's implicit tasks.
/// `bind` is the `proc_bind` clause or 0, which says nothing where threads are not
/// bound. As in libgomp, it holds for the regions inside as well, unless
/// `OMP_PROC_BIND` has a word for their level.
#[cold]
pub fn begin_region(master: &Thread, outer: &Context, bind: u32, icv: &mut Icv) -> Placement {
    bind_master(master);
    match ProcBind::from_omp(bind) {
        Some(bind) if bind != ProcBind::False && icv.bind != ProcBind::False => icv.bind = bind,
        _ => {}
    }
    let partition = outer.member.partition.get();
    let placement = Placement {
        bind: icv.bind,
        place: master.binding.place.get().unwrap_or(partition.first),
        partition,
    };
    let within = outer.team.region.level.get() as usize + 1;
    if let Some(&bind) = icv::globals().bind_list.get(within) {
        icv.bind = bind;
    }
    placement
}

/// The calling thread has joined the team of a region: it goes to its place.
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
}
