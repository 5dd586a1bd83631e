//! `taskloop` (OpenMP 5.2, 12.6): makes tasks of a loop's iterations. Each task is
//! created like one of a `task` construct, with bounds of its own in its data.

use crate::construct::reduction::Block;
use crate::construct::space::IterationSpace;
use crate::tasking::create::{self, Clauses, Spec};
use crate::tasking::{dependent, group, reduction};
use crate::team::register::current;
use crate::{points, tools};
use core::ffi::c_void;

/// The clause that says how many tasks there are, or how large each is.
#[derive(Clone, Copy, Debug)]
pub enum Grain {
    /// Neither clause: one task per thread of the team.
    Default,
    /// `num_tasks`.
    Tasks(u64),
    /// `grainsize`: each task has at least this many iterations, and fewer than twice as
    /// many.
    Size(u64),
    /// `grainsize(strict: )`: each task but the last has exactly this many.
    StrictSize(u64),
}

/// `count` tasks: the first `larger` have `size + 1` iterations each, the others `size`.
/// The last one ends with the loop.
#[derive(PartialEq, Eq, Debug)]
struct Split {
    count: u64,
    size: u64,
    larger: u64,
}

impl Grain {
    /// Splits `trip` > 0 iterations in a team of `team_size` threads.
    fn split(self, trip: u64, team_size: u32) -> Split {
        let count = match self {
            Grain::StrictSize(size) => {
                let size = size.max(1);
                return Split {
                    count: trip.div_ceil(size),
                    size,
                    larger: 0,
                };
            }
            Grain::Size(size) => trip / size.max(1),
            Grain::Tasks(tasks) => tasks,
            Grain::Default => u64::from(team_size),
        };
        let count = count.clamp(1, trip);
        Split {
            count,
            size: trip / count,
            larger: trip % count,
        }
    }
}

/// The iterations of each task of a loop with `trip` iterations, in order.
pub fn chunks(trip: u64, grain: Grain, team_size: u32) -> impl Iterator<Item = (u64, u64)> {
    let Split {
        count,
        size,
        larger,
    } = match trip {
        0 => Split {
            count: 0,
            size: 0,
            larger: 0,
        },
        _ => grain.split(trip, team_size),
    };
    let mut from = 0;
    (0..count).map(move |i| {
        let to = if i + 1 == count {
            trip
        } else {
            from + size + u64::from(i < larger)
        };
        (core::mem::replace(&mut from, to), to)
    })
}

/// A `taskloop` with so many iterations begins. Whether tools want to hear of it, also by
/// [`ends`].
pub fn begins(trip: u64) -> bool {
    let told = points::enabled(points::LOOPS);
    if told {
        tools::taskloop(true, trip);
    }
    told
}

/// See [`begins`]: the next task has these iterations.
pub fn next((from, to): (u64, u64)) {
    tools::next_chunk(from, to - from);
}

/// See [`begins`].
pub fn ends(trip: u64) {
    tools::taskloop(false, trip);
}

/// A `taskloop` directive.
pub struct Taskloop {
    /// The task construct without the loop. The data begin with the task's own bounds,
    /// two 64-bit values, which `copy` does not copy.
    pub task: Spec,
    /// As in [`create::Clauses`].
    pub priority: Option<u32>,
    /// The iterations.
    pub space: IterationSpace,
    /// `num_tasks` or `grainsize`.
    pub grain: Grain,
    /// Whether the construct is a taskgroup: there is no `nogroup`.
    pub group: bool,
    /// The block of the `reduction` clause; only together with `group`.
    pub reductions: Option<Block>,
}

/// What [`make_data`] makes a task's data from.
struct Source {
    data: *mut c_void,
    copy: Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>,
    size: usize,
    bounds: [u64; 2],
}

/// Makes a task's data from its `Source`.
unsafe extern "C" fn make_data(to: *mut c_void, source: *mut c_void) {
    // SAFETY: `create` calls this with what `run` gave it: a source that is still on
    // `run`'s stack, and memory for `size` bytes that begin with the bounds.
    unsafe {
        let source = &*source.cast::<Source>();
        match source.copy {
            Some(copy) => copy(to, source.data),
            None => core::ptr::copy_nonoverlapping(
                source.data.cast::<u8>(),
                to.cast::<u8>(),
                source.size,
            ),
        }
        to.cast::<[u64; 2]>().write(source.bounds);
    }
}

/// Creates the tasks. Without `nogroup` they have finished when this returns. False if
/// the loop has no iterations: then there are no tasks and no group, and no reductions
/// are opened.
///
/// # Safety
///
/// As for [`create::create`], and as [`Taskloop`] says.
pub unsafe fn run(taskloop: Taskloop) -> bool {
    let Taskloop {
        task,
        priority,
        space,
        grain,
        group,
        reductions,
    } = taskloop;
    if space.trip == 0 {
        return false;
    }
    let told = begins(space.trip);
    if group {
        group::taskgroup_start();
        if let Some(block) = reductions {
            reduction::open(block);
        }
    }
    for chunk in chunks(space.trip, grain, current().context().team.size()) {
        let source = Source {
            data: task.data,
            copy: task.copy,
            size: task.size,
            bounds: space.values(chunk).into(),
        };
        let data = core::ptr::from_ref(&source).cast_mut().cast();
        let copy: unsafe extern "C" fn(*mut c_void, *mut c_void) = make_data;
        // SAFETY: the caller's promise; the data are made before `source` is gone.
        unsafe {
            let task = Spec {
                data,
                copy: Some(copy),
                ..task
            };
            if told {
                next(chunk);
            }
            match priority {
                None => create::create(task),
                Some(_) => dependent::create_dependent(
                    &task,
                    Clauses {
                        dependences: None,
                        event: core::ptr::null_mut(),
                        priority,
                    },
                ),
            }
        };
    }
    if group {
        group::taskgroup_end();
    }
    if told {
        ends(space.trip);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(grain: Grain, trip: u64, team: u32) -> Vec<u64> {
        let Split {
            count,
            size,
            larger,
        } = grain.split(trip, team);
        let mut left = trip;
        (0..count)
            .map(|i| {
                let mine = (size + u64::from(i < larger)).min(left);
                left -= mine;
                mine
            })
            .collect()
    }

    #[test]
    fn all_iterations_are_split_up() {
        for trip in 1..60u64 {
            for n in [1, 2, 3, 4, 7, 16, 100, u64::MAX] {
                for (grain, low, high) in [
                    (Grain::Default, trip / 3, trip.div_ceil(3)),
                    (Grain::Tasks(n), (trip / n).max(1), trip.div_ceil(n)),
                    (Grain::Size(n), n.min(trip), n.saturating_mul(2) - 1),
                    (Grain::StrictSize(n), 1, n),
                ] {
                    let sizes = sizes(grain, trip, 3);
                    assert_eq!(sizes.iter().sum::<u64>(), trip, "{grain:?} {trip}");
                    for size in &sizes {
                        let fits = (low.max(1)..=high.max(1)).contains(size);
                        assert!(fits, "{grain:?} {trip}: {sizes:?}");
                    }
                }
            }
        }
        assert_eq!(sizes(Grain::StrictSize(4), 10, 2), [4, 4, 2]);
        assert_eq!(sizes(Grain::Size(4), 10, 2), [5, 5]);
        assert_eq!(sizes(Grain::Tasks(4), 10, 2), [3, 3, 2, 2]);
    }
}
