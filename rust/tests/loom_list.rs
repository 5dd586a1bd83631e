//! Models of the list of constructs (`protocol::construct_list`) and of `single`
//! (`protocol::single`). They run as those of `loom.rs` do.
#![cfg(loom)]

mod loom_shared;

use ghcomp::protocol::construct_list::{self, Entry, Links, Walk};
use ghcomp::protocol::single::Singles;
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::sync::Arc;
use loom_shared::{members, model};

/// An entry that says which construct it is for, and counts the members that have met
/// it.
#[derive(Default)]
struct Construct {
    links: Links<Construct>,
    number: Number,
    met: Met,
}

/// The member that prepares the entry writes it, and the one that clears it; all others
/// read it.
struct Number(UnsafeCell<u32>);
impl Default for Number {
    fn default() -> Number {
        Number(UnsafeCell::new(0))
    }
}

struct Met(AtomicU32);
impl Default for Met {
    fn default() -> Met {
        Met(AtomicU32::new(0))
    }
}

impl Entry for Construct {
    fn links(&self) -> &Links<Construct> {
        &self.links
    }
    fn clear(&self) {
        // SAFETY: loom checks that nobody else is here.
        self.number.0.with_mut(|p| unsafe { *p = 0 });
        self.met.0.store(0, Ordering::Relaxed);
    }
}

struct Team {
    size: u32,
    walks: Vec<Walk<Construct>>,
    /// By construct: how many entries were taken.
    makers: Vec<AtomicU32>,
}
// SAFETY: each member uses its own walk; loom checks what is in the entries.
unsafe impl Sync for Team {}
// SAFETY: as above.
unsafe impl Send for Team {}

impl Team {
    fn new(size: u32, constructs: u32) -> Arc<Team> {
        let head: *const Construct = Box::into_raw(Box::default());
        let walks: Vec<_> = (0..size).map(|_| Walk::new()).collect();
        walks.iter().for_each(|walk| walk.begin(head));
        let makers = (0..constructs).map(|_| AtomicU32::new(0)).collect();
        Arc::new(Team {
            size,
            walks,
            makers,
        })
    }

    /// A member meets this many constructs, none of which waits for anybody.
    fn walk(&self, num: u32, constructs: core::ops::Range<u32>) {
        let walk = &self.walks[num as usize];
        for number in constructs {
            let (entry, mine) = walk.advance(self.size, |entry| {
                // SAFETY: loom checks it.
                entry.number.0.with_mut(|p| unsafe { *p = number + 1 });
            });
            // SAFETY: loom checks it.
            let found = entry.number.0.with(|p| unsafe { *p });
            assert_eq!(found, number + 1, "member {num} is at another construct");
            let before = entry.met.0.fetch_add(1, Ordering::Relaxed);
            assert!(before < self.size, "somebody met a construct twice");
            if mine {
                self.makers[number as usize].fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// All stand at one entry, and each construct had one maker.
    fn check(&self) {
        let there = self.walks[0].place();
        assert!(self.walks.iter().all(|walk| walk.place() == there));
        for made in &self.makers {
            assert_eq!(made.load(Ordering::Relaxed), 1);
        }
        // What a region leaves is where the next one begins.
        construct_list::open(self.walks[0].here());
    }
}

fn constructs(size: u32, count: u32, preemptions: Option<usize>) {
    model(preemptions, move || {
        let team = Team::new(size, count);
        members(size, &team, move |team, num| team.walk(num, 0..count));
        team.check();
    });
}

#[test]
fn two_members_any_distance_apart() {
    constructs(2, 3, Some(3));
}

#[test]
fn three_members() {
    constructs(3, 2, Some(2));
}

/// The second region goes on at the entry that the first one left, with the
/// entries that its members had to spare.
#[test]
fn two_regions() {
    model(Some(3), || {
        let team = Team::new(2, 4);
        members(2, &team, |team, num| team.walk(num, 0..2));
        construct_list::open(team.walks[0].here());
        members(2, &team, |team, num| team.walk(num, 2..4));
        team.check();
    });
}

/// One member left a cancelled region early; the next region begins at one
/// entry all the same.
#[test]
fn after_a_cancelled_region() {
    model(None, || {
        let team = Team::new(2, 3);
        members(2, &team, |team, num| team.walk(num, 0..(2 - num)));
        construct_list::reunite(&team.walks[0], team.walks.iter());
        let head = team.walks[0].place();
        construct_list::open(team.walks[0].here());
        team.walks.iter().for_each(|walk| walk.begin(head));
        members(2, &team, |team, num| team.walk(num, 2..3));
        team.check();
    });
}

/// Members meet `single` constructs in any order of arrival: each is executed once.
#[test]
fn a_single_is_executed_once() {
    model(Some(3), || {
        let shared = Arc::new((Singles::new(), [AtomicU32::new(0), AtomicU32::new(0)]));
        members(3, &shared, |(singles, executed), _| {
            for met in 0..2 {
                if singles.is_first(met) {
                    executed[met as usize].fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        for executed in &shared.1 {
            assert_eq!(executed.load(Ordering::Relaxed), 1);
        }
    });
}
