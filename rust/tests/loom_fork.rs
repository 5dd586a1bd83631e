//! Models of fork and join (`protocol::fork_tree`, `protocol::mailbox`), and of the
//! claim on a team (`protocol::claim`). They run as those of `loom.rs` do.
#![cfg(loom)]

mod loom_shared;

use ghcomp::protocol::arrived::Arrived;
use ghcomp::protocol::claim::Claim;
use ghcomp::protocol::fork_tree::Tree;
use ghcomp::protocol::mailbox::Mailbox;
use ghcomp::sync::parker::Parker;
use loom::sync::Arc;
use loom::thread;
use loom_shared::{model, wait_until, Shared};

/// The team's size. Only the master and `WORKERS` have threads.
const SIZE: u32 = 6;
/// In the deep tree one is below the other; in the flat one both are below the
/// master.
const WORKERS: [u32; 2] = [4, 5];
/// The members without a thread have arrived in this generation, long ago.
const NEVER: u64 = 1000;

struct Member {
    mailbox: Mailbox<u64>,
    arrived: Arrived,
    parker: Parker,
    data: Shared,
}
// SAFETY: loom checks the mailbox's cells.
unsafe impl Sync for Member {}
// SAFETY: as above.
unsafe impl Send for Member {}

struct Team {
    tree: Tree,
    members: Vec<Member>,
}

impl Team {
    fn new(tree: Tree) -> Arc<Team> {
        let member = |num: u32| {
            let member = Member {
                mailbox: Mailbox::new(),
                arrived: Arrived::new(),
                parker: Parker::new(),
                data: Shared::new(),
            };
            if num > 0 && !WORKERS.contains(&num) {
                member.arrived.raise(NEVER, &member.parker);
            }
            member
        };
        let members = (0..SIZE).map(member).collect();
        Arc::new(Team { tree, members })
    }

    fn at(&self, num: u32) -> &Member {
        &self.members[num as usize]
    }

    /// Hands a region down. A parent writes its children's data first.
    fn post(&self, num: u32, region: u64) {
        let at = |child| {
            let child = self.at(child);
            child.data.add();
            (&child.mailbox, &child.parker)
        };
        self.tree.post(num, SIZE, at, |_| region);
    }

    fn gather(&self, num: u32, region: u64) {
        let arrived = |child| &self.at(child).arrived;
        let all = self.tree.gather(num, SIZE, arrived, |arrived| {
            let ready = || arrived.reached(region);
            wait_until(ready, || arrived.announce(region), &self.at(num).parker);
            true
        });
        assert!(all);
    }

    /// A worker's life: it writes its own data in each region.
    fn work(&self, num: u32, regions: u64) {
        let me = self.at(num);
        for region in 1..=regions {
            let ready = || me.mailbox.has(region);
            wait_until(ready, || me.mailbox.announce(region), &me.parker);
            assert_eq!(me.mailbox.message(), Some(region));
            self.post(num, region);
            assert_eq!(u64::from(me.data.get()), 2 * region - 1);
            me.data.add();
            self.gather(num, region);
            let at = |parent| &self.at(parent).parker;
            self.tree.arrive(num, region, &me.arrived, at);
        }
    }
}

/// Regions are forked to two workers and gathered. Data go down from each parent,
/// and up from each child.
fn fork_and_join(tree: Tree, regions: u64, preemptions: Option<usize>) {
    model(preemptions, move || {
        let team = Team::new(tree);
        let workers = WORKERS.map(|num| {
            let team = team.clone();
            thread::spawn(move || team.work(num, regions))
        });
        for region in 1..=regions {
            team.post(0, region);
            team.gather(0, region);
            for num in WORKERS {
                assert_eq!(u64::from(team.at(num).data.get()), 2 * region);
            }
        }
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

#[test]
fn fork_and_join_in_a_deep_tree() {
    fork_and_join(Tree::DEEP, 2, Some(2));
}

#[test]
fn fork_and_join_in_a_flat_tree() {
    fork_and_join(Tree::FLAT, 1, Some(2));
    fork_and_join(Tree::FLAT, 2, Some(1));
}

/// A team has three members. Its master claims it again and again, for two members,
/// or for three while it has them. Meanwhile the pool (one thread, as it has a lock)
/// takes members away and gives one back. Only those that may use a member touch its
/// data.
fn claimed(masters: u32, only_if_busy: bool) {
    model(Some(3), move || {
        let team = Arc::new((Claim::new(), [(); 3].map(|()| Shared::new())));
        assert!(team.0.begin_building());
        team.0.end_building(3, 0);
        let pool = team.clone();
        let thread = thread::spawn(move || {
            let (claim, members) = &*pool;
            if let Some(member) = claim.take_last(only_if_busy) {
                members[member as usize].add();
            }
            if claim.begin_building() {
                members.iter().for_each(Shared::add);
                let capacity = claim.capacity();
                claim.end_building(capacity.max(2), 0);
            }
        });
        let (claim, members) = &*team;
        for _ in 0..masters {
            for wanted in [3, 2] {
                if claim.claim(wanted) {
                    members[..wanted as usize].iter().for_each(Shared::add);
                    claim.release(wanted);
                }
            }
        }
        thread.join().unwrap();
        assert_eq!(claim.in_use(), 0);
        assert!((2..=3).contains(&claim.capacity()));
        assert!(claim.claim(2));
    });
}

#[test]
fn a_master_and_the_pool() {
    claimed(2, false);
}

#[test]
fn a_master_and_the_pool_that_takes_from_busy_teams() {
    claimed(2, true);
}
