//! Which place each thread of a region gets (OpenMP 5.2, 10.1.3).
//!
//! Where the specification leaves a choice, this chooses as libgomp does.

use crate::affinity::bind::ProcBind;

/// A place partition: consecutive places of the place list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PlacePartition {
    /// The number of the first place.
    pub first: u32,
    /// How many places there are.
    pub len: u32,
}

/// What a region's threads compute their places from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placement {
    /// The policy.
    pub bind: ProcBind,
    /// The place of the thread that starts the region.
    pub place: u32,
    /// The place partition of the task that starts the region.
    pub partition: PlacePartition,
}

impl Placement {
    /// For threads that are not bound.
    pub const NOWHERE: Placement = Placement {
        bind: ProcBind::False,
        place: 0,
        partition: PlacePartition { first: 0, len: 0 },
    };

    /// The place and the place partition of thread `num` of `size` threads. Thread 0 keeps
    /// its place.
    pub fn of(&self, num: u32, size: u32) -> (u32, PlacePartition) {
        let PlacePartition { first, len } = self.partition;
        match self.bind {
            ProcBind::False | ProcBind::Primary => (self.place, self.partition),
            ProcBind::Spread if size <= len => self.spread(num, size),
            bind => {
                // Each place gets size / len threads. The threads that are left go
                // round once more.
                let each = (size / len).max(1);
                let left = if size > len { size % len } else { 0 };
                let step = if num < size - left {
                    num / each
                } else {
                    num - (size - left)
                };
                let place = first + (self.place - first + step) % len;
                let partition = if bind == ProcBind::Spread {
                    PlacePartition {
                        first: place,
                        len: 1,
                    }
                } else {
                    self.partition
                };
                (place, partition)
            }
        }
    }

    /// Divides the partition into as many parts as there are threads. If the division
    /// leaves a rest, the first parts are longer by one. Each thread gets a part; thread 0
    /// gets the part that it is in.
    fn spread(&self, num: u32, size: u32) -> (u32, PlacePartition) {
        let PlacePartition { first, len } = self.partition;
        let (short, long) = (len / size, len % size);
        let at = self.place - first;
        let here = if at < long * (short + 1) {
            at / (short + 1)
        } else {
            (at - long) / short
        };
        let part = (here + num) % size;
        let partition = PlacePartition {
            first: first + part * short + part.min(long),
            len: short + u32::from(part < long),
        };
        let place = if num == 0 {
            self.place
        } else {
            partition.first
        };
        (place, partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(bind: ProcBind, place: u32, partition: (u32, u32), size: u32) -> Vec<u32> {
        let placement = Placement {
            bind,
            place,
            partition: PlacePartition {
                first: partition.0,
                len: partition.1,
            },
        };
        (0..size).map(|num| placement.of(num, size).0).collect()
    }

    #[test]
    fn primary_and_close() {
        assert_eq!(places(ProcBind::Primary, 3, (0, 8), 4), [3, 3, 3, 3]);
        assert_eq!(places(ProcBind::Close, 6, (0, 8), 4), [6, 7, 0, 1]);
        assert_eq!(places(ProcBind::True, 2, (2, 3), 3), [2, 3, 4]);
        assert_eq!(
            places(ProcBind::Close, 3, (2, 3), 9),
            [3, 3, 3, 4, 4, 4, 2, 2, 2]
        );
        // 11 threads on 3 places: three each, then the two that are left.
        assert_eq!(
            places(ProcBind::Close, 3, (2, 3), 11),
            [3, 3, 3, 4, 4, 4, 2, 2, 2, 3, 4]
        );
    }

    #[test]
    fn spread() {
        assert_eq!(places(ProcBind::Spread, 0, (0, 8), 4), [0, 2, 4, 6]);
        // Parts 0-2, 3-5, 6-7; thread 0 stays where it is in its part.
        assert_eq!(places(ProcBind::Spread, 4, (0, 8), 3), [4, 6, 0]);
        assert_eq!(places(ProcBind::Spread, 7, (0, 8), 3), [7, 0, 3]);
        assert_eq!(places(ProcBind::Spread, 1, (0, 2), 5), [1, 1, 0, 0, 1]);
    }

    #[test]
    fn parts_cover_the_partition() {
        for len in 1..12 {
            for size in 1..14 {
                for place in 10..10 + len {
                    let partition = PlacePartition { first: 10, len };
                    let placement = Placement {
                        bind: ProcBind::Spread,
                        place,
                        partition,
                    };
                    let mut covered = vec![0; len as usize];
                    for num in 0..size {
                        let (place, part) = placement.of(num, size);
                        assert!(place >= part.first && place < part.first + part.len);
                        for place in part.first..part.first + part.len {
                            covered[(place - 10) as usize] += 1;
                        }
                    }
                    let threads = (size / len).max(1)..=size.div_ceil(len);
                    assert!(
                        covered.iter().all(|n| threads.contains(n)),
                        "{len} {size} {place}"
                    );
                }
            }
        }
    }
}
