//! The CPU quota of the process's control groups.
//!
//! The standard library's `available_parallelism` knows the quota, too, but would change
//! the numbers: it rounds down (a quota of 1.5 processors is 1), and it counts the calling
//! thread's own mask, which is a single place if the thread is bound.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// A number that is computed at its first use, and then stays; 0 until then. Threads that
/// come at the same time all compute it. No thread waits, so a `fork` may copy it at any
/// time.
pub(super) struct Cached(AtomicU32);

impl Cached {
    pub(super) const fn new() -> Cached {
        Cached(AtomicU32::new(0))
    }

    /// The number; `find` computes it.
    #[inline(always)]
    pub(super) fn or(&self, find: impl FnOnce() -> u32) -> u32 {
        match self.0.load(Ordering::Relaxed) {
            0 => self.find(find),
            found => found,
        }
    }

    #[cold]
    #[inline(never)]
    fn find(&self, find: impl FnOnce() -> u32) -> u32 {
        let found = find();
        self.0.store(found, Ordering::Relaxed);
        found
    }
}

/// How many of `mask` processors the control groups let the process keep busy.
pub fn within_quota(mask: usize) -> u32 {
    static QUOTA: Cached = Cached::new();
    let find = || {
        let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
        quota(&groups, &|path| {
            fs::read_to_string(Path::new("/sys/fs/cgroup").join(path)).ok()
        })
    };
    // A quota is at least 1.
    let quota = QUOTA.or(|| find().unwrap_or(u32::MAX));
    (mask as u32).min(quota).max(1)
}

/// The smallest quota of the process's groups and of the groups above them, in whole
/// processors, rounded up. `groups` is the text of `/proc/self/cgroup`; `file` reads files
/// below `/sys/fs/cgroup`.
fn quota(groups: &str, file: &dyn Fn(&str) -> Option<String>) -> Option<u32> {
    groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            // The controllers of version 1 are mounted under their joint name. Each
            // has a link to that, which some containers lack.
            let (roots, unified) = match controllers {
                "" => (vec![String::new()], true),
                list if list.split(',').any(|c| c == "cpu") => {
                    (vec!["cpu/".to_string(), format!("{list}/")], false)
                }
                _ => return None,
            };
            let mut path = path.trim_matches('/');
            let mut least = None;
            loop {
                for root in &roots {
                    let folder = if path.is_empty() {
                        root.clone()
                    } else {
                        format!("{root}{path}/")
                    };
                    // A container does not see the groups around it, but they are
                    // named here. A file that is missing gives no quota; the
                    // container's own quota is at the root.
                    let here = if unified {
                        file(&format!("{folder}cpu.max")).and_then(|text| unified_quota(&text))
                    } else {
                        file(&format!("{folder}cpu.cfs_quota_us"))
                            .zip(file(&format!("{folder}cpu.cfs_period_us")))
                            .and_then(|(quota, period)| ratio(quota.trim(), period.trim()))
                    };
                    least = [least, here].into_iter().flatten().min();
                }
                if path.is_empty() {
                    return least;
                }
                path = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            }
        })
        .min()
}

/// The quota in `cpu.max`: "QUOTA PERIOD" or "max PERIOD".
fn unified_quota(text: &str) -> Option<u32> {
    let (quota, period) = text.trim().split_once(' ')?;
    ratio(quota, period)
}

/// The quota in processors, rounded up; `None` for no quota ("max", -1).
fn ratio(quota: &str, period: &str) -> Option<u32> {
    let quota: u64 = quota.parse().ok()?;
    let period: u64 = period.parse().ok().filter(|&p| p > 0)?;
    u32::try_from(quota.div_ceil(period).max(1)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unified_groups() {
        let file = |path: &str| match path {
            "a/b/cpu.max" => Some("max 100000\n".to_string()),
            "a/cpu.max" => Some("150000 100000\n".to_string()),
            "cpu.max" => None,
            other => panic!("{other}"),
        };
        assert_eq!(quota("0::/a/b\n", &file), Some(2));
        assert_eq!(quota("0::/\n", &|_| None), None);
    }

    #[test]
    fn old_groups() {
        let file = |path: &str| match path {
            "cpu/x/cpu.cfs_quota_us" => Some("400000\n".to_string()),
            "cpu/cpu.cfs_quota_us" => Some("-1\n".to_string()),
            "cpu/x/cpu.cfs_period_us" | "cpu/cpu.cfs_period_us" => Some("100000\n".to_string()),
            _ => None,
        };
        assert_eq!(quota("5:memory:/x\n3:cpu,cpuacct:/x\n", &file), Some(4));
    }

    #[test]
    fn old_groups_in_a_container() {
        for root in ["cpu", "cpu,cpuacct"] {
            let file = |path: &str| match path.strip_prefix(&format!("{root}/"))? {
                "cpu.cfs_quota_us" => Some("250000\n".to_string()),
                "cpu.cfs_period_us" => Some("100000\n".to_string()),
                _ => None,
            };
            assert_eq!(quota("4:cpu,cpuacct:/docker/0a1b\n", &file), Some(3));
        }
    }

    #[test]
    fn odd_quotas() {
        for (text, processors) in [
            ("max 100000", None),
            ("100000 100000\n", Some(1)),
            ("100001 100000", Some(2)),
            ("1000 100000", Some(1)),
            ("0 100000", Some(1)),
            ("100000 0", None),
            ("-1 100000", None),
            ("100000", None),
            ("", None),
            ("18446744073709551615 1", None),
        ] {
            assert_eq!(unified_quota(text), processors, "{text:?}");
        }
        for groups in ["", "\n", "0::", "x", "0:", ":::", "2:cpu:/"] {
            assert_eq!(quota(groups, &|_| None), None, "{groups:?}");
        }
    }
}
