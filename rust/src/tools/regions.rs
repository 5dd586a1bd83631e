//! Threads, regions and implicit tasks.

use crate::icv::effective;
use crate::ompt::callbacks;
use crate::ompt::record::{flag, RegionRecord, TaskRecord};
use crate::ompt::site::{self, Site};
use crate::ompt::states;
use crate::points::{self, LOOPS, REGIONS};
use crate::team::member::Member;
use crate::team::region::Team;
use crate::team::register::current;
use crate::team::thread::{Context, Thread};
use crate::tools::{loop_begins, place, record, waiting, WaitKind, BEGIN, END};
use crate::trace::event::EventKind;
use core::ffi::{c_int, c_void};
use core::ptr::{null, null_mut};

/// `ompt_parallel_team`, and `ompt_parallel_invoker_runtime`: the runtime calls the body.
const REGION_FLAGS: c_int = i32::MIN | 2;

/// `ompt_parallel_league`, and `ompt_parallel_invoker_runtime`.
const LEAGUE_FLAGS: c_int = 0x4000_0000 | 2;

/// `ompt_thread_t`.
const INITIAL: c_int = 1;
const WORKER: c_int = 2;

/// The calling thread has a record, and is in its initial task, or about to be a worker.
#[cold]
pub fn thread_begins(me: &'static Thread) {
    if !points::has_tool(REGIONS) {
        return;
    }
    me.tool.state.set(states::OVERHEAD);
    if me.is_worker.get() {
        me.tool.state.set(states::IDLE);
        callbacks::thread_begin(WORKER, me.tool.data());
        return;
    }
    // Also a thread that the program started: it is the initial one of its contention group.
    callbacks::thread_begin(INITIAL, me.tool.data());
    let Context { team, member, .. } = me.context();
    team.region.tool.begin(None, 1);
    begin_task(me, team, member, flag::INITIAL);
    me.tool.state.set(states::WORK_SERIAL);
    let (region, task) = (team.region.tool.data(), member.tool.data());
    callbacks::implicit_task(BEGIN, region, task, 1, 1, flag::INITIAL);
}

/// The calling thread gives its record back.
#[cold]
pub fn thread_ends(me: &'static Thread) {
    if !points::has_tool(REGIONS) {
        return;
    }
    if let Some(task) = me.tool.task() {
        if task.flags.get() & flag::INITIAL != 0 {
            // The region's word, too: Archer of LLVM 14 reads it.
            if let Some((region, data)) = place(me) {
                callbacks::implicit_task(END, region, data, 0, 1, flag::INITIAL);
            }
        }
    }
    me.tool.task.set(null());
    callbacks::thread_end(me.tool.data());
}

/// The process ends: the calling thread, if it is in its initial task, ends as far as the
/// tool is concerned.
pub fn ends(me: &'static Thread) {
    if me.tool.task().is_some() {
        thread_ends(me);
    }
}

/// The member's implicit task begins, on the calling thread.
fn begin_task(me: &Thread, team: &'static Team, member: &'static Member, flags: c_int) {
    let (task, region) = (&member.tool, &team.region.tool);
    task.begin(region, flags);
    task.thread_num.set(member.num as c_int);
    task.outer.set(region.encountering.get());
    me.tool.task.set(task);
}

/// The master has a team, with which it is about to start a region. `clause`: the threads
/// that `num_threads` asks for; 0 without the clause.
#[cold]
pub fn fork(team: &'static Team, clause: u32) {
    if team.size() > 1 {
        record(
            REGIONS,
            EventKind::Fork {
                level: team.region.level.get(),
                size: team.size(),
            },
        );
    }
    if points::has_tool(REGIONS) {
        let me = current();
        if let Some(task) = me.tool.task() {
            let site = site::here();
            task.frames.set_enter(site.frame);
            let region = &team.region.tool;
            region.begin(Some(task), team.size());
            let asked = match clause {
                0 => effective::nthreads(&me.context().task.icv.get()),
                n => n,
            };
            let (data, frames) = (region.data(), &task.frames);
            callbacks::parallel_begin(task.data(), frames, data, asked, REGION_FLAGS, site.code);
        }
    }
}

/// The thread has joined the team of a region as this member.
#[cold]
pub fn region_begins(team: &'static Team, member: &'static Member) {
    if team.region.level.get() == 0 {
        return; // an initial team is no region
    }
    if points::enabled(REGIONS) {
        record(
            REGIONS,
            EventKind::RegionBegins {
                level: team.region.level.get(),
                num: member.num,
                size: team.size(),
            },
        );
        if points::has_tool(REGIONS) {
            implicit_task_begins(team, member);
        }
    }
    // A combined construct (`parallel for`) begins in its loop. A region whose body is the
    // host's always has a loop, perhaps of no iterations.
    let starts_in = member.cursor.loop_here();
    if points::enabled(LOOPS) && starts_in.is_some_and(|(_, trip)| trip > 0) {
        loop_begins(member);
    }
}

fn implicit_task_begins(team: &'static Team, member: &'static Member) {
    let me = current();
    begin_task(me, team, member, flag::IMPLICIT | flag::UNDEFERRED);
    let site = site::here();
    member.tool.frames.set_exit(site.in_first_frame());
    me.tool.state.set(states::WORK_PARALLEL);
    callbacks::implicit_task(
        BEGIN,
        team.region.tool.data(),
        member.tool.data(),
        team.size(),
        member.num,
        flag::IMPLICIT,
    );
}

/// `ompt_sync_region_barrier_implicit_parallel`.
const END_OF_REGION: c_int = 9;

/// A worker's share of the region is over.
#[cold]
pub fn region_ends() {
    record(REGIONS, EventKind::RegionEnds);
    if !points::has_tool(REGIONS) {
        return;
    }
    let me = current();
    let Context { team, member, .. } = me.context();
    member.tool.frames.set_exit(0);
    me.tool.state.set(states::WAIT_BARRIER_IMPLICIT_PARALLEL);
    let (region, task) = (team.region.tool.data(), member.tool.data());
    callbacks::sync_region(END_OF_REGION, BEGIN, region, task, null());
    callbacks::sync_region_wait(END_OF_REGION, BEGIN, region, task, null());
    // SAFETY: the words are this thread's part and its member's.
    unsafe { *me.tool.left() = *member.tool.data() };
    me.tool.is_leaving.set(true);
}

/// A worker has left its region, and has its next message.
#[cold]
pub fn left(me: &'static Thread) {
    if !me.tool.is_leaving.get() || !points::has_tool(REGIONS) {
        return;
    }
    me.tool.is_leaving.set(false);
    let member = me.context().member;
    let (none, task) = (null_mut(), me.tool.left());
    callbacks::sync_region_wait(END_OF_REGION, END, none, task, null());
    callbacks::sync_region(END_OF_REGION, END, none, task, null());
    me.tool.task.set(null());
    me.tool.state.set(states::IDLE);
    callbacks::implicit_task(END, none, task, 0, member.num, flag::IMPLICIT);
}

/// The master waits by `join` for the others at the end of its region.
#[cold]
#[inline(never)]
pub fn joining(join: impl FnOnce()) {
    let me = current();
    let Context { team, member, .. } = me.context();
    let is_region = team.is_in_parallel();
    if !is_region || !points::has_tool(REGIONS) || me.tool.task().is_none() {
        waiting(WaitKind::Join, join);
        if is_region {
            record(REGIONS, EventKind::RegionEnds);
        }
        return;
    }
    let site = site::here();
    let (size, num) = (team.size(), member.num);
    member.tool.frames.set_exit(0);
    // The team may be another master's after the join: the words, copied. The events after
    // the join have no region, as the specification allows.
    let (mut region, mut task) = (0, 0);
    let words = (&raw mut region, &raw mut task);
    let outer = member.tool.outer.get();
    let (region_now, task_now) = (team.region.tool.data(), member.tool.data());
    me.tool.state.set(states::WAIT_BARRIER_IMPLICIT_PARALLEL);
    callbacks::sync_region(END_OF_REGION, BEGIN, region_now, task_now, site.code);
    callbacks::sync_region_wait(END_OF_REGION, BEGIN, region_now, task_now, site.code);
    // SAFETY: the words are this region's until the join, and the copies are on this frame.
    unsafe { (*words.0, *words.1) = (*region_now, *task_now) };
    waiting(WaitKind::Join, join);
    record(REGIONS, EventKind::RegionEnds);
    let none = null_mut();
    callbacks::sync_region_wait(END_OF_REGION, END, none, words.1, site.code);
    callbacks::sync_region(END_OF_REGION, END, none, words.1, site.code);
    callbacks::implicit_task(END, null_mut(), words.1, size, num, flag::IMPLICIT);
    me.tool.task.set(outer);
    me.tool.state.set(states::OVERHEAD);
    // SAFETY: the task around the region, which lives.
    if let Some(outer) = unsafe { outer.as_ref() } {
        callbacks::parallel_end(words.0, outer.data(), REGION_FLAGS, site.code);
        outer.frames.set_enter(0);
        me.tool
            .state
            .set(if outer.flags.get() & flag::INITIAL != 0 {
                states::WORK_SERIAL
            } else {
                states::WORK_PARALLEL
            });
    }
}

/// A league, as the tool is told of it.
pub struct League {
    region: RegionRecord,
    site: Site,
}

impl League {
    /// The current task meets `teams`, with so many teams. `None`: there is no tool.
    pub fn begins(size: u32) -> Option<League> {
        let task = current()
            .tool
            .task()
            .filter(|_| points::has_tool(REGIONS))?;
        let site = site::here();
        task.frames.set_enter(site.frame);
        let region = RegionRecord::default();
        region.begin(Some(task), size);
        let (data, frames) = (region.data(), &task.frames);
        callbacks::parallel_begin(task.data(), frames, data, size, LEAGUE_FLAGS, site.code);
        Some(League { region, site })
    }

    /// Runs the body of team `num` of `size` as an initial task.
    pub fn team(&self, num: u32, size: u32, body: impl FnOnce()) {
        let me = current();
        let task = TaskRecord::default();
        task.begin(&self.region, flag::INITIAL);
        task.outer.set(self.region.encountering.get());
        task.frames.set_exit(self.site.in_first_frame());
        let region = self.region.data();
        me.tool.task.set(&task);
        callbacks::implicit_task(BEGIN, region, task.data(), size, num, flag::INITIAL);
        body();
        task.frames.set_exit(0);
        callbacks::implicit_task(END, region, task.data(), 0, num, flag::INITIAL);
        me.tool.task.set(task.outer.get());
    }

    /// The league has ended.
    pub fn ends(self) {
        if let Some(task) = current().tool.task() {
            let region = self.region.data();
            callbacks::parallel_end(region, task.data(), LEAGUE_FLAGS, self.site.code);
            task.frames.set_enter(0);
        }
    }
}

/// The program speaks to the tool (`omp_control_tool`). Answers what the tool does, -1 if it
/// gave no callback, -2 if there is no tool.
pub fn control(command: u64, modifier: u64, argument: *mut c_void) -> c_int {
    let me = current();
    if !points::has_tool(REGIONS) {
        return -2;
    }
    let site = site::here();
    let frames = me.tool.task().map(|task| &task.frames);
    if let Some(frames) = frames {
        frames.set_enter(site.frame);
    }
    let answer = callbacks::control_tool(command, modifier, argument, site.code).unwrap_or(-1);
    if let Some(frames) = frames {
        frames.set_enter(0);
    }
    answer
}
