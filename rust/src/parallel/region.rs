//! The constants of a region that begins: size, level, ICVs, and so on. [`mod@super::fork`]
//! calls [`begin`] before any other thread reads them.
//!
//! A constant is written only if it changes: then the cache lines stay shared by a team that
//! runs the same region again and again.

use crate::host;
use crate::icv::{self, spinning};
use crate::parallel::binding;
use crate::protocol::fork_tree::Tree;
use crate::sync::process;
use crate::team::region::Team;
use crate::team::thread::{Context, Thread};
use core::cell::Cell;

/// Writes the cell if that changes it.
#[inline]
pub(crate) fn refresh<T: Copy + PartialEq>(cell: &Cell<T>, value: T) {
    if cell.get() != value {
        cell.set(value);
    }
}

/// Sets the constants of a region that `master` begins in `outer`, with no task reductions so
/// far. `bind` is the `proc_bind` clause or 0.
#[inline(always)]
pub(crate) fn begin(
    team: &'static Team,
    master: &'static Thread,
    outer: &Context,
    size: u32,
    bind: u32,
) {
    let region = &team.region;
    let around = &outer.team.region;
    refresh(&region.size, size);
    refresh(&region.oversubscribes, spinning::oversubscribes(size));
    refresh(&region.tree, Tree::of(spinning::exceed_processors(size)));
    refresh(&region.level, around.level.get() + 1);
    refresh(
        &region.active_level,
        around.active_level.get() + u32::from(size > 1),
    );
    let mut icv = outer.task.icv.get();
    if let Some(&n) = icv::globals()
        .nthreads_list
        .get(around.level.get() as usize + 1)
    {
        icv.nthreads = n;
    }
    refresh(&region.league, around.league.get());
    team.set_initial_team(outer.team.initial_team());
    refresh(&region.reductions, None);
    let is_same = region.outer.get().is_some_and(|was| {
        core::ptr::eq(was.team, outer.team)
            && core::ptr::eq(was.member, outer.member)
            && core::ptr::eq(was.task, outer.task)
    });
    if !is_same {
        if around.level.get() == 0 {
            host::boot();
        }
        region.outer.set(Some(*outer));
    }
    // After the boot, because a host's threads must get all processors of the process.
    if binding::binding_enabled() {
        let placement = binding::begin_region(master, outer, bind, &mut icv);
        region.affinity.set(placement);
    }
    if size > 1 {
        refresh(&region.icv, icv);
    } else {
        region.icv.set(icv); // only the writer reads it
    }
    refresh(&region.process, process::generation());
}
