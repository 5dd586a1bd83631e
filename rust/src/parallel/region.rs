//! The constants of a region that begins.

use crate::host;
use crate::icv::{self, spinning};
use crate::parallel::binding;
use crate::protocol::fork_tree::Tree;
use crate::sync::process;
use crate::team::region::Team;
use crate::team::thread::{Context, Thread};
use core::cell::Cell;

/// Writes a cell only when that changes it.
#[inline]
fn refresh<T: Copy + PartialEq>(cell: &Cell<T>, value: T) {
    if cell.get() != value {
        cell.set(value);
    }
}

/// The constants of a region that `master` starts from `outer`, with no
/// task reductions yet. `bind` is the `proc_bind` clause or 0.
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
    let same = region.outer.get().is_some_and(|was| {
        core::ptr::eq(was.team, outer.team)
            && core::ptr::eq(was.member, outer.member)
            && core::ptr::eq(was.task, outer.task)
    });
    if !same {
        if around.level.get() == 0 {
            host::boot();
        }
        region.outer.set(Some(*outer));
    }
    // After the boot: a host's threads have the whole process's processors.
    if binding::binding_enabled() {
        let placement = binding::begin_region(master, outer, bind, &mut icv);
        region.affinity.set(placement);
    }
    if size > 1 {
        refresh(&region.icv, icv);
    } else {
        region.icv.set(icv); // nobody's cache but the writer's
    }
    refresh(&region.process, process::generation());
}
