//! Sets of processors, with the kernel's numbers.

use std::fmt::{self, Display, Formatter};

/// A set of processors.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CpuSet {
    /// Bit i of word w is processor 64 w + i; the last word is not zero.
    words: Vec<u64>,
}

impl CpuSet {
    /// The processors that the calling thread may use now.
    pub fn of_thread() -> CpuSet {
        // The kernel takes only a mask that is at least as long as its own.
        let mut words = vec![0u64; 16];
        loop {
            let bytes = words.len() * 8;
            // SAFETY: the mask has `bytes` bytes, and the kernel writes no more.
            let written =
                unsafe { libc::syscall(libc::SYS_sched_getaffinity, 0, bytes, words.as_mut_ptr()) };
            if written > 0 {
                return CpuSet { words }.trimmed();
            }
            if words.len() >= 1 << 16 {
                // The kernel does not tell.
                let n = std::thread::available_parallelism().map_or(1, |n| n.get());
                return (0..n).collect();
            }
            words = vec![0; words.len() * 2];
        }
    }

    /// Makes these the processors that the calling thread may use. If the set is empty, or
    /// the system refuses, the thread keeps the ones that it has: then the answer is false.
    pub fn bind_thread(&self) -> bool {
        // SAFETY: the mask has as many bytes as the call says.
        let code = unsafe {
            libc::syscall(
                libc::SYS_sched_setaffinity,
                0,
                self.words.len() * 8,
                self.words.as_ptr(),
            )
        };
        code == 0
    }

    fn trimmed(mut self) -> CpuSet {
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
        self
    }

    /// Whether the processor is in the set.
    pub fn contains(&self, cpu: usize) -> bool {
        self.words
            .get(cpu / 64)
            .is_some_and(|word| word >> (cpu % 64) & 1 == 1)
    }

    /// Adds a processor.
    pub fn insert(&mut self, cpu: usize) {
        if self.words.len() <= cpu / 64 {
            self.words.resize(cpu / 64 + 1, 0);
        }
        self.words[cpu / 64] |= 1 << (cpu % 64);
    }

    /// Removes a processor; false if it was not in the set.
    pub fn remove(&mut self, cpu: usize) -> bool {
        let there = self.contains(cpu);
        if there {
            self.words[cpu / 64] &= !(1 << (cpu % 64));
            *self = std::mem::take(self).trimmed();
        }
        there
    }

    /// The processors that are in both sets.
    pub fn intersection(&self, other: &CpuSet) -> CpuSet {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| a & b);
        CpuSet {
            words: words.collect(),
        }
        .trimmed()
    }

    /// The processors that are not in the other set.
    pub fn difference(&self, other: &CpuSet) -> CpuSet {
        self.iter().filter(|&cpu| !other.contains(cpu)).collect()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How many processors are in the set.
    pub fn len(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// How many words of memory the set has.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// The lowest processor.
    pub fn first(&self) -> Option<usize> {
        self.iter().next()
    }

    /// The processors, in increasing order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let words = self.words.iter().enumerate().filter(|(_, &word)| word != 0);
        words.flat_map(|(at, &word)| {
            (0..64)
                .filter(move |bit| word >> bit & 1 == 1)
                .map(move |bit| 64 * at + bit)
        })
    }

    /// Maximal runs of neighbours: the first processor of each, and how many.
    pub fn runs(&self) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for cpu in self.iter() {
            match runs.last_mut() {
                Some((first, len)) if *first + *len == cpu => *len += 1,
                _ => runs.push((cpu, 1)),
            }
        }
        runs
    }

    /// The set that a list in the kernel's form describes: `0-3,8`.
    pub fn from_list(text: &str) -> Option<CpuSet> {
        let mut set = CpuSet::default();
        for range in text.trim().split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            for cpu in first.parse().ok()?..=last.parse().ok()? {
                set.insert(cpu);
            }
        }
        Some(set)
    }
}

impl FromIterator<usize> for CpuSet {
    fn from_iter<I: IntoIterator<Item = usize>>(cpus: I) -> CpuSet {
        let mut set = CpuSet::default();
        cpus.into_iter().for_each(|cpu| set.insert(cpu));
        set
    }
}

/// A list in the kernel's form.
impl Display for CpuSet {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, (first, len)) in self.runs().into_iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            write!(f, "{comma}{first}")?;
            if len > 1 {
                write!(f, "-{}", first + len - 1)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        let mut set: CpuSet = [70, 0, 1, 3].into_iter().collect();
        assert_eq!(set.to_string(), "0-1,3,70");
        assert_eq!(CpuSet::from_list("0-1,3,70\n"), Some(set.clone()));
        assert_eq!(set.runs(), [(0, 2), (3, 1), (70, 1)]);
        assert!(set.remove(70) && !set.remove(70) && !set.remove(1000));
        assert_eq!((set.len(), set.to_string()), (3, "0-1,3".to_string()));
        let odd: CpuSet = [1, 3, 5].into_iter().collect();
        assert_eq!(set.intersection(&odd).to_string(), "1,3");
        assert_eq!(set.difference(&odd).to_string(), "0");
        assert!(set.difference(&set).is_empty());
        assert!(["", "x", "1-", "0,,1"]
            .iter()
            .all(|bad| CpuSet::from_list(bad).is_none()));
    }

    #[test]
    fn this_thread() {
        let mask = CpuSet::of_thread();
        assert!(!mask.is_empty());
        let one: CpuSet = mask.iter().take(1).collect();
        std::thread::spawn(move || {
            one.bind_thread();
            assert_eq!(CpuSet::of_thread(), one);
            CpuSet::default().bind_thread();
            assert_eq!(CpuSet::of_thread(), one);
        })
        .join()
        .unwrap();
    }
}
