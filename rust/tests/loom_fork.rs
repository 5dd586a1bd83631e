//! Models of fork and join in the shapes of `team::tree`, and of the claim on a team
//! (`team::claim`), as `loom.rs` has them of other protocols.
#![cfg(loom)]

mod loom_shared;

use ghcomp::protocol::claim::Claim;
use ghcomp::protocol::fork_tree::Tree;
use ghcomp::sync::parker::Parker;
use ghcomp::sync::signal::Signal;
use loom::sync::Arc;
use loom::thread;
use loom_shared::{model, wait, Shared};

/// Regions, forked to and gathered from two workers, data handed down from
/// each parent and up from each child. The members are 0, 4 and 5 of six: in the
/// deep tree one below the other, in the flat one both below the master.
fn fork_and_join(tree: Tree, regions: u64, preemptions: Option<usize>) {
    struct Member {
        mailbox: Signal,
        arrived: Signal,
        parker: Parker,
        data: Shared,
    }
    const SIZE: u32 = 6;
    let children = move |num| {
        tree.children(num, SIZE)
            .flatten()
            .filter(|child| [4, 5].contains(child))
    };
    // What a thread does for those below it.
    let post = move |members: &[Member], num, region| {
        for child in children(num) {
            let member = &members[child as usize];
            member.data.add();
            member.mailbox.raise(region, &member.parker);
        }
    };
    let gather = move |members: &[Member], num, region| {
        for child in children(num) {
            let member = &members[child as usize];
            wait(&member.arrived, region, &members[num as usize].parker);
            assert_eq!(u64::from(member.data.get()), 2 * region);
        }
    };
    model(preemptions, move || {
        let members: Arc<Vec<Member>> = Arc::new(
            (0..SIZE)
                .map(|_| Member {
                    mailbox: Signal::new(),
                    arrived: Signal::new(),
                    parker: Parker::new(),
                    data: Shared::new(),
                })
                .collect(),
        );
        let workers = [4, 5].map(|num| {
            let members = members.clone();
            thread::spawn(move || {
                let me = &members[num as usize];
                for region in 1..=regions {
                    wait(&me.mailbox, region, &me.parker);
                    post(&members, num, region);
                    me.data.add();
                    gather(&members, num, region);
                    let parent = tree.parent(num) as usize;
                    me.arrived.raise(region, &members[parent].parker);
                }
            })
        });
        for region in 1..=regions {
            post(&members, 0, region);
            gather(&members, 0, region);
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

/// A team with three members taken, whose master claims it again and again for two,
/// or for three while it has them. Meanwhile the pool, which has a lock, so that it
/// is one thread, takes members away and gives one back. A member's data is used by who
/// may.
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
