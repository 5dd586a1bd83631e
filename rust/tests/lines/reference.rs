//! Protocols of other runtimes, for comparison. They touch only the lines that threads share,
//! and do nothing else that a runtime does.

use crate::machine::{self, Access};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// An atomic with lines of its own.
#[repr(align(128))]
#[derive(Default)]
pub struct Word(AtomicU64);

impl Word {
    fn access(&self, access: Access) {
        machine::access(core::ptr::from_ref(self).addr(), 8, access);
    }
    pub fn get(&self) -> u64 {
        self.access(Access::Read);
        self.0.load(SeqCst)
    }
    pub fn set(&self, value: u64) {
        self.access(Access::Write);
        self.0.store(value, SeqCst);
    }
    pub fn add(&self, value: u64) -> u64 {
        self.access(Access::Change);
        self.0.fetch_add(value, SeqCst)
    }
    pub fn wait(&self, value: u64) {
        while self.get() < value {
            machine::pause();
        }
    }
}

/// A member of a team, and what it knows before it begins.
#[derive(Clone, Copy)]
pub struct Member {
    pub num: usize,
    pub size: usize,
    /// The number of this time, from 1.
    pub time: u64,
}

/// The words of a team, three for each member; all are 0 at first.
pub struct Words(Vec<[Word; 3]>);

impl Words {
    pub fn new(size: usize) -> Words {
        Words((0..size).map(|_| Default::default()).collect())
    }
    fn of(&self, num: usize) -> &[Word; 3] {
        &self.0[num]
    }
}

fn children(num: usize, size: usize, arity: usize) -> impl Iterator<Item = usize> {
    (arity * num + 1..=arity * num + arity).take_while(move |&child| child < size)
}

/// libgomp's barrier: all members count in one word, and the last one changes another word,
/// which all read.
pub fn central(words: &Words, Member { size, time, .. }: Member) {
    let [count, generation, _] = words.of(0);
    if count.add(1) + 1 == time * size as u64 {
        generation.set(time);
    } else {
        generation.wait(time);
    }
}

/// A tree: a member signals its parent when its children have signalled it.
pub fn gather<const ARITY: usize>(words: &Words, Member { num, size, time }: Member) {
    for child in children(num, size, ARITY) {
        words.of(child)[0].wait(time);
    }
    if num > 0 {
        words.of(num)[0].set(time);
    }
}

/// A tree: a member is signalled by its parent, in a word of its own, and signals its children.
pub fn release<const ARITY: usize>(words: &Words, Member { num, size, time }: Member) {
    if num > 0 {
        words.of(num)[1].wait(time);
    }
    for child in children(num, size, ARITY) {
        words.of(child)[1].set(time);
    }
}

/// All members are signalled by one word.
pub fn release_all(words: &Words, Member { num, time, .. }: Member) {
    if num > 0 {
        words.of(0)[2].wait(time);
    } else {
        words.of(0)[2].set(time);
    }
}

/// libomp's hyper barrier: a tree over the digits of the numbers, of arity 4.
pub fn hyper_gather(words: &Words, Member { num, size, time }: Member) {
    let mut level = 1;
    while level < size {
        if num / level % 4 != 0 {
            words.of(num)[0].set(time);
            return;
        }
        for child in (1..4).map(|digit| num + digit * level) {
            if child < size {
                words.of(child)[0].wait(time);
            }
        }
        level *= 4;
    }
}

/// The other half of libomp's hyper barrier.
pub fn hyper_release(words: &Words, Member { num, size, time }: Member) {
    let mut level = 1;
    while level < size && num / level % 4 == 0 {
        level *= 4;
    }
    if num > 0 {
        words.of(num)[1].wait(time);
    }
    while level > 1 {
        level /= 4;
        for child in (1..4).map(|digit| num + digit * level) {
            if child < size {
                words.of(child)[1].set(time);
            }
        }
    }
}
