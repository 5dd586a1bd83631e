//! Which siblings a task depends on (OpenMP 5.2, 15.9.5): a table from the
//! addresses of `depend` clauses to the tasks that named them last.
//!
//! A task's table is for its children, and only the thread that executes the
//! task touches it. For an address it keeps the last tasks that may run at the
//! same time (one that writes, or several of one kind that share), and the tasks
//! before them, which a further sharer has to wait for as well. Finished tasks are
//! dropped whenever there are twice as many tasks as were left the last time. So
//! a program that only reads keeps no more than its unfinished readers.
//!
//! `mutexinoutset` orders as `inout` does: one after another, as the siblings
//! were created.

use std::collections::hash_map::{Entry, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// A task dependence type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DependenceKind {
    /// After the last writer, with other readers.
    In,
    /// `out`, `inout`: alone.
    Out,
    /// `mutexinoutset`: alone, as here they run in the order in which they were created.
    MutexInOutSet,
    /// `inoutset`: after all others, with its like.
    InOutSet,
}

impl DependenceKind {
    /// Whether such a task runs with none of the others.
    fn is_alone(self) -> bool {
        matches!(self, DependenceKind::Out | DependenceKind::MutexInOutSet)
    }
}

/// One list item of a `depend` clause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dependence {
    /// The storage; 0 is `omp_all_memory` (with `DependenceKind::Out`).
    pub address: usize,
    /// How the task uses it.
    pub kind: DependenceKind,
}

/// Multiplies: addresses differ in their middle bits.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_usize(byte.into()));
    }
    fn write_usize(&mut self, address: usize) {
        let mixed = (self.0 ^ address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}

/// Tasks that may run at the same time; usually one.
struct Together<N> {
    first: Option<Arc<N>>,
    more: Vec<Arc<N>>,
}

impl<N> Together<N> {
    fn new(first: Option<Arc<N>>) -> Together<N> {
        Together {
            first,
            more: Vec::new(),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Arc<N>> {
        self.first.iter().chain(&self.more)
    }

    fn last(&self) -> Option<&Arc<N>> {
        self.more.last().or(self.first.as_ref())
    }

    fn push(&mut self, task: Arc<N>) {
        if self.first.is_none() {
            self.first = Some(task);
        } else {
            self.more.push(task);
        }
    }

    fn clear(&mut self) {
        self.first = None;
        self.more.clear();
    }

    /// Drops those that have finished.
    fn prune(&mut self, is_finished: &impl Fn(&N) -> bool) {
        self.more.retain(|task| !is_finished(task));
        if self.first.as_ref().is_some_and(|task| is_finished(task)) {
            self.first = self.more.pop();
        }
        self.more.shrink_to(2 * self.more.len());
    }
}

/// The tasks that named one address last.
struct Latest<N> {
    kind: DependenceKind,
    current: Together<N>,
    /// What the current tasks depend on, if more may join them.
    before: Together<N>,
    /// Current tasks at which to search the next time for finished ones.
    next_prune: usize,
}

impl<N> Latest<N> {
    /// No task has named it since the last task on all memory.
    fn after(all: Option<&Arc<N>>) -> Latest<N> {
        Latest {
            kind: DependenceKind::Out,
            current: Together::new(all.cloned()),
            before: Together::new(None),
            next_prune: FIRST_PRUNE_TASKS,
        }
    }

    /// Whether a task of this kind runs with the current ones.
    fn shares(&self, kind: DependenceKind) -> bool {
        kind == self.kind && !kind.is_alone()
    }

    /// What a task of this kind depends on.
    fn predecessors(&self, kind: DependenceKind) -> impl Iterator<Item = &Arc<N>> {
        if self.shares(kind) {
            self.before.iter()
        } else {
            self.current.iter()
        }
    }

    /// `task` is the latest.
    fn add(&mut self, kind: DependenceKind, task: &Arc<N>, is_finished: &impl Fn(&N) -> bool) {
        if !self.shares(kind) {
            if kind.is_alone() {
                self.before.clear();
            } else {
                core::mem::swap(&mut self.current, &mut self.before);
                if !self.before.more.is_empty() {
                    self.before.prune(is_finished);
                }
            }
            self.current.clear();
            self.kind = kind;
            self.next_prune = FIRST_PRUNE_TASKS;
        } else if self
            .current
            .last()
            .is_some_and(|last| Arc::ptr_eq(last, task))
        {
            return;
        }
        self.current.push(task.clone());
        if self.current.more.len() >= self.next_prune {
            self.prune(is_finished);
        }
    }

    /// Drops tasks that no other can depend on any more. A finished current task has
    /// waited for those before it, so none of them is forgotten.
    #[cold]
    fn prune(&mut self, is_finished: &impl Fn(&N) -> bool) {
        self.current.prune(is_finished);
        self.before.prune(is_finished);
        self.next_prune = FIRST_PRUNE_TASKS.max(2 * self.current.more.len());
    }
}

/// With this many tasks of one address, those are first searched for finished ones.
const FIRST_PRUNE_TASKS: usize = 16;

/// With this many addresses, the table is first searched for addresses without use.
const FIRST_PRUNE_ADDRESSES: usize = 64;

/// See the module. `N` is what stands for a task.
pub struct Table<N> {
    latest: HashMap<usize, Latest<N>, BuildHasherDefault<AddressHasher>>,
    /// The last task on all memory.
    all: Option<Arc<N>>,
    /// Addresses at which to search the next time.
    next_prune: usize,
}

impl<N> Table<N> {
    /// Nothing named yet.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Table<N> {
        Table {
            latest: HashMap::default(),
            all: None,
            next_prune: FIRST_PRUNE_ADDRESSES,
        }
    }

    /// Calls `precede` with every sibling that a task with these dependences
    /// has to wait for; perhaps more than once with the same one.
    pub fn predecessors(
        &self,
        dependences: impl Iterator<Item = Dependence>,
        mut precede: impl FnMut(&N),
    ) {
        for Dependence { address, kind } in dependences {
            match self.latest.get(&address) {
                _ if address == 0 => self.everything(&mut precede),
                Some(latest) => latest.predecessors(kind).for_each(|task| precede(task)),
                None => self.all.iter().for_each(|task| precede(task)),
            }
        }
    }

    /// As `predecessors`, and `task` is a sibling from now on.
    pub fn insert(
        &mut self,
        dependences: impl Iterator<Item = Dependence>,
        task: &Arc<N>,
        is_finished: impl Fn(&N) -> bool,
        mut precede: impl FnMut(&N),
    ) {
        let mut precede = |other: &N| {
            if !core::ptr::eq(other, Arc::as_ptr(task)) {
                precede(other);
            }
        };
        for Dependence { address, kind } in dependences {
            if address == 0 {
                self.everything(&mut precede);
                self.latest.clear();
                self.all = Some(task.clone());
                continue;
            }
            if self.latest.len() >= self.next_prune {
                self.forget(&is_finished);
            }
            let latest = match self.latest.entry(address) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => entry.insert(Latest::after(self.all.as_ref())),
            };
            latest.predecessors(kind).for_each(|task| precede(task));
            latest.add(kind, task, &is_finished);
        }
    }

    fn everything(&self, precede: &mut impl FnMut(&N)) {
        self.all.iter().for_each(|task| precede(task));
        for latest in self.latest.values() {
            latest.current.iter().for_each(|task| precede(task));
        }
    }

    /// Drops addresses that no task can depend on any more.
    fn forget(&mut self, is_finished: &impl Fn(&N) -> bool) {
        self.latest.retain(|_, latest| {
            latest.prune(is_finished);
            latest.current.first.is_some()
        });
        self.next_prune = FIRST_PRUNE_ADDRESSES.max(2 * self.latest.len());
        self.latest.shrink_to(self.next_prune);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::RefCell;

    /// The predecessors of tasks 0, 1, ... with these dependences.
    fn graph(tasks: &[&[(usize, DependenceKind)]]) -> Vec<Vec<usize>> {
        let mut table = Table::new();
        let mut edges = Vec::new();
        for (number, dependences) in tasks.iter().enumerate() {
            let before = RefCell::new(Vec::new());
            table.insert(
                dependences
                    .iter()
                    .map(|&(address, kind)| Dependence { address, kind }),
                &Arc::new(number),
                |_| false,
                |&other| before.borrow_mut().push(other),
            );
            let mut before = before.into_inner();
            before.sort_unstable();
            before.dedup();
            edges.push(before);
        }
        edges
    }

    use DependenceKind::{In, InOutSet, Out};

    #[test]
    fn readers_share_between_writers() {
        let edges = graph(&[&[(8, In)], &[(8, Out)], &[(8, In)], &[(8, In)], &[(8, Out)]]);
        assert_eq!(edges, [vec![], vec![0], vec![1], vec![1], vec![2, 3]]);
    }

    #[test]
    fn sets_share_among_themselves() {
        let edges = graph(&[
            &[(8, In)],
            &[(8, InOutSet)],
            &[(8, InOutSet)],
            &[(8, In)],
            &[(8, Out)],
        ]);
        assert_eq!(edges, [vec![], vec![0], vec![0], vec![1, 2], vec![3]]);
    }

    #[test]
    fn a_task_does_not_wait_for_itself() {
        let edges = graph(&[
            &[(8, In), (8, Out), (8, In)],
            &[(8, In), (8, InOutSet)],
            &[(8, In)],
        ]);
        assert_eq!(edges, [vec![], vec![0], vec![1]]);
    }

    #[test]
    fn all_memory_is_a_wall() {
        let edges = graph(&[
            &[(8, Out)],
            &[(16, In)],
            &[(0, Out), (8, In)],
            &[(24, In)],
            &[(8, In)],
            &[(0, Out)],
        ]);
        assert_eq!(
            edges,
            [vec![], vec![], vec![0, 1], vec![2], vec![2], vec![2, 3, 4]]
        );
    }

    /// Tasks that name the address 8 in this way, of which those above `from`
    /// have not finished when the next one is made: how many are kept.
    fn kept(kinds: &[DependenceKind], tasks: usize, from: usize) -> usize {
        let mut table = Table::new();
        let mut most = 0;
        for number in 0..tasks {
            let kind = kinds[number % kinds.len()];
            let dependence = Dependence { address: 8, kind };
            let task = Arc::new(number);
            let edges = RefCell::new(Vec::new());
            let is_finished = |&other: &usize| other < from;
            table.insert([dependence].into_iter(), &task, is_finished, |&other| {
                edges.borrow_mut().push(other)
            });
            let latest = &table.latest[&8];
            let both = [&latest.current, &latest.before];
            most = most.max(both.map(|tasks| tasks.iter().count()).iter().sum());
        }
        most
    }

    #[test]
    fn finished_sharers_are_forgotten() {
        for kinds in [&[In][..], &[InOutSet]] {
            assert!(kept(kinds, 10_000, 10_000) <= FIRST_PRUNE_TASKS + 2);
            assert!(kept(kinds, 10_000, 9_000) <= 2 * (1000 + FIRST_PRUNE_TASKS));
            assert_eq!(kept(kinds, 1000, 0), 1000);
        }
        for one in 1..40 {
            let kinds: Vec<_> = (0..2 * one)
                .map(|n| if n < one { In } else { InOutSet })
                .collect();
            assert!(kept(&kinds, 10_000, 10_000) <= 2 * (FIRST_PRUNE_TASKS + 2));
        }
    }

    #[test]
    fn a_reader_waits_for_an_unfinished_writer_after_others_are_forgotten() {
        let mut table = Table::new();
        let finished = |&number: &usize| number > 0;
        for number in 0..100 {
            let kind = if number == 0 { Out } else { In };
            let before = RefCell::new(Vec::new());
            table.insert(
                [Dependence { address: 8, kind }].into_iter(),
                &Arc::new(number),
                // Not possible, but the table must not rely on readers.
                finished,
                |&other| before.borrow_mut().push(other),
            );
            assert_eq!(before.into_inner(), vec![0; usize::from(number > 0)]);
        }
    }

    #[test]
    fn what_has_finished_is_forgotten() {
        let mut table = Table::new();
        for address in 1..100_000 {
            let dependence = Dependence { address, kind: Out };
            table.insert([dependence].into_iter(), &Arc::new(()), |_| true, |_| {});
        }
        assert!(table.latest.len() <= FIRST_PRUNE_ADDRESSES);
    }
}
