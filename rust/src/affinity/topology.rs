//! Which processors belong together. Linux tells it below `/sys`.

use crate::affinity::cpuset::CpuSet;
use crate::affinity::places::Level;
use std::fs;
use std::path::Path;

/// The places that an abstract name stands for, on the processors of `mask`, at most
/// `most`; `None` if the system does not tell. `system` is `/sys/devices/system`. Threads
/// and cores are ordered core by core and socket by socket.
pub fn named(system: &Path, mask: &CpuSet, level: Level, most: usize) -> Option<Vec<CpuSet>> {
    let siblings = |cpu: usize, which: &str| {
        let text =
            fs::read_to_string(system.join(format!("cpu/cpu{cpu}/topology/{which}"))).ok()?;
        CpuSet::from_list(&text)
    };
    let sockets = |mask: &CpuSet| groups(mask, |cpu| siblings(cpu, "core_siblings_list"));
    let cores = |mask: &CpuSet| groups(mask, |cpu| siblings(cpu, "thread_siblings_list"));
    let in_sockets = || -> Option<Vec<CpuSet>> {
        let cores: Option<Vec<_>> = sockets(mask)?.iter().map(cores).collect();
        Some(cores?.concat())
    };
    let mut places = match level {
        Level::Sockets => sockets(mask)?,
        Level::Cores => in_sockets()?,
        // A thread is a place, even if its core is not known.
        Level::Threads => in_sockets()
            .unwrap_or_else(|| vec![mask.clone()])
            .iter()
            .flat_map(|core| {
                core.iter()
                    .map(|cpu| CpuSet::from_iter([cpu]))
                    .collect::<Vec<_>>()
            })
            .collect(),
        Level::Caches => groups(mask, |cpu| last_cache(system, cpu))?,
        Level::Numa => domains(system, mask)?,
    };
    places.truncate(most);
    Some(places)
}

/// Where a processor is. Numbers of cores and threads are within what is around them.
#[derive(Clone, Copy, Debug)]
pub struct Rank {
    /// The kernel's number.
    pub cpu: usize,
    /// The number of the socket.
    pub socket: usize,
    /// The number of the core in the socket.
    pub core: usize,
    /// The number of the hardware thread in the core.
    pub thread: usize,
}

/// Where the processors of `mask` are, of those that are in it; if the system does not tell,
/// in one socket, each a core. `system` is that of [`named`].
pub fn ranks(system: &Path, mask: &CpuSet) -> Vec<Rank> {
    let whole = || vec![mask.clone()];
    let sockets = named(system, mask, Level::Sockets, usize::MAX).unwrap_or_else(whole);
    let mut found = Vec::new();
    for (socket, cpus) in sockets.iter().enumerate() {
        let each = || cpus.iter().map(|cpu| CpuSet::from_iter([cpu])).collect();
        let cores = named(system, cpus, Level::Cores, usize::MAX).unwrap_or_else(each);
        for (core, cpus) in cores.iter().enumerate() {
            found.extend(cpus.iter().enumerate().map(|(thread, cpu)| Rank {
                cpu,
                socket,
                core,
                thread,
            }));
        }
    }
    found
}

/// Divides a set into groups; `group` is the group of a processor.
fn groups(mask: &CpuSet, group: impl Fn(usize) -> Option<CpuSet>) -> Option<Vec<CpuSet>> {
    let mut left = mask.clone();
    let mut found = Vec::new();
    while let Some(first) = left.first() {
        let mut together = group(first)?.intersection(&left);
        together.insert(first);
        left = left.difference(&together);
        found.push(together);
    }
    Some(found)
}

/// The processors that share the processor's last-level cache.
fn last_cache(system: &Path, cpu: usize) -> Option<CpuSet> {
    let file = |index: u32, name: &str| {
        let path = system.join(format!("cpu/cpu{cpu}/cache/index{index}/{name}"));
        fs::read_to_string(path).ok()
    };
    let (_, last) = (0..)
        .map_while(|index| file(index, "level").map(|level| (level, index)))
        .filter_map(|(level, index)| Some((level.trim().parse::<u32>().ok()?, index)))
        .max()?;
    CpuSet::from_list(&file(last, "shared_cpu_list")?)
}

/// The NUMA nodes that have processors of the mask.
fn domains(system: &Path, mask: &CpuSet) -> Option<Vec<CpuSet>> {
    let online = fs::read_to_string(system.join("node/online")).ok()?;
    let nodes = CpuSet::from_list(&online)?;
    let nodes = nodes.iter().filter_map(|node| {
        let path = system.join(format!("node/node{node}/cpulist"));
        let node = CpuSet::from_list(&fs::read_to_string(path).ok()?)?.intersection(mask);
        (!node.is_empty()).then_some(node)
    });
    Some(nodes.collect::<Vec<_>>()).filter(|nodes| !nodes.is_empty())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU32, Ordering};

    /// Two sockets of two cores of two threads, numbered as Linux does: the
    /// second threads of all cores after the first ones.
    pub(crate) fn machine() -> tempfolder::Folder {
        // Tests that run at the same time have machines of their own.
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = tempfolder::Folder::new(&format!("topology-{number}"));
        for cpu in 0..8 {
            let (socket, core) = (cpu % 4 / 2, cpu % 4);
            let cores = format!(
                "{}-{},{}-{}",
                socket * 2,
                socket * 2 + 1,
                socket * 2 + 4,
                socket * 2 + 5
            );
            folder.file(&format!("cpu/cpu{cpu}/topology/core_siblings_list"), &cores);
            let threads = format!("{core},{}", core + 4);
            folder.file(
                &format!("cpu/cpu{cpu}/topology/thread_siblings_list"),
                &threads,
            );
            for (index, level, shared) in [(0, 1, &threads), (1, 1, &threads), (2, 3, &cores)] {
                let cache = format!("cpu/cpu{cpu}/cache/index{index}");
                folder.file(&format!("{cache}/level"), &level.to_string());
                folder.file(&format!("{cache}/shared_cpu_list"), shared);
            }
        }
        folder.file("node/online", "0-2");
        folder.file("node/node0/cpulist", "0-3");
        folder.file("node/node1/cpulist", "");
        folder.file("node/node2/cpulist", "4-7");
        folder
    }

    fn of(system: &Path, level: Level, most: usize, mask: &str) -> Option<Vec<String>> {
        let mask = CpuSet::from_list(mask).unwrap();
        Some(
            named(system, &mask, level, most)?
                .iter()
                .map(CpuSet::to_string)
                .collect(),
        )
    }

    #[test]
    fn eight_threads() {
        use Level::{Caches, Cores, Numa, Sockets, Threads};
        let folder = machine();
        let all = |level| of(&folder.path, level, usize::MAX, "0-7").unwrap();
        assert_eq!(all(Threads), ["0", "4", "1", "5", "2", "6", "3", "7"]);
        assert_eq!(all(Cores), ["0,4", "1,5", "2,6", "3,7"]);
        assert_eq!(all(Sockets), ["0-1,4-5", "2-3,6-7"]);
        assert_eq!(all(Caches), ["0-1,4-5", "2-3,6-7"]);
        assert_eq!(all(Numa), ["0-3", "4-7"]);
        let some = |level, most| of(&folder.path, level, most, "1,3-7").unwrap();
        assert_eq!(some(Threads, 3), ["1", "5", "4"]);
        assert_eq!(some(Cores, 9), ["1,5", "4", "3,7", "6"]);
        assert_eq!(some(Numa, 1), ["1,3"]);
    }

    #[test]
    fn a_system_that_does_not_tell() {
        let folder = tempfolder::Folder::new("silent");
        assert_eq!(
            of(&folder.path, Level::Threads, 9, "2-3"),
            Some(vec!["2".into(), "3".into()])
        );
        for level in [Level::Cores, Level::Sockets, Level::Caches, Level::Numa] {
            assert_eq!(of(&folder.path, level, 9, "2-3"), None);
        }
    }

    pub(crate) mod tempfolder {
        use std::path::PathBuf;

        pub struct Folder {
            pub path: PathBuf,
        }

        impl Folder {
            pub fn new(name: &str) -> Folder {
                let path =
                    std::env::temp_dir().join(format!("ghcomp-{name}-{}", std::process::id()));
                std::fs::create_dir_all(&path).unwrap();
                Folder { path }
            }

            pub fn file(&self, name: &str, text: &str) {
                let path = self.path.join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, format!("{text}\n")).unwrap();
            }
        }

        impl Drop for Folder {
            fn drop(&mut self) {
                let _ = std::fs::remove_dir_all(&self.path);
            }
        }
    }
}
