//! Binding the threads of regions to places (OpenMP 5.2, 10.1.3).
//!
//! # Note [Binding to places]
//!
//! Nothing here happens unless the environment asks for places, for binding, or for the
//! display of affinity ([`binding_enabled`]). Then every thread that takes a member for a
//! region calls [`apply_binding`], which computes the thread's place. A worker moves itself
//! if it is bound to another place. A thread that starts a region keeps its place.
//!
//! A thread that the runtime did not start is bound to the first place: the initial thread
//! of a process without a host when the library is loaded (and of a C program that starts
//! its host itself, `boot`), any other when it first starts a region or asks for its place.
//! In a host's process these threads are the host's:
//! there they are bound only if `OMP_PROC_BIND` asks for binding, and one after another to
//! all places.

use crate::affinity::bind::ProcBind;
use crate::affinity::partition::Placement;
use crate::icv::{self, Icv};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::thread::{Context, Thread};
use crate::{host, points};
use core::sync::atomic::{AtomicU32, Ordering};

/// Whether regions bind their threads or display their affinity. It is settled before the
/// first region, and does not change.
#[inline(always)]
pub fn binding_enabled() -> bool {
    points::enabled(points::AFFINITY)
}

/// Binds the calling thread, which the runtime did not start, if it must be bound and is
/// not.
#[cold]
pub fn bind_master(thread: &Thread) {
    /// How many such threads of a host were bound.
    static MASTERS: AtomicU32 = AtomicU32::new(0);
    let affinity = &icv::globals().affinity;
    if affinity.places.is_empty() || thread.binding.place.get().is_some() {
        return;
    }
    if host::host().is_none_or(|host| host.boot.is_some()) {
        move_to(thread, 0);
    } else if affinity.has_proc_bind {
        let number = MASTERS.fetch_add(1, Ordering::Relaxed);
        move_to(thread, number % affinity.places.len() as u32);
    }
}

/// Binds the calling thread to a place, if it is not bound to it.
fn move_to(thread: &Thread, place: u32) {
    if thread.binding.place.get() != Some(place) {
        icv::globals().affinity.places[place as usize].bind_thread();
        thread.binding.place.set(Some(place));
    }
}

/// The places of the threads of a region. `master` starts the region in `outer`. `icv` are the ICVs of
/// `outer`'s task; this makes them those of the region's implicit tasks. `bind` is the
/// `proc_bind` clause or 0; it counts only if threads are bound. As in libgomp, it also
/// holds for the regions inside, unless `OMP_PROC_BIND` has a value for their level.
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
