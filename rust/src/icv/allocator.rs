//! The text of `OMP_ALLOCATOR` (OpenMP 5.2, 21.5.1).

use crate::icv::parse::Parsed;
use crate::memory::allocate::init_allocator;
use crate::memory::handle::{self, Handle};
use crate::memory::traits::{key, value, Trait};
use core::ffi::c_uint;

/// The allocator that `OMP_ALLOCATOR` asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AllocatorSpec {
    /// A predefined allocator: the value of `omp_allocator_handle_t`.
    Predefined(usize),
    /// A new allocator: the memory space (an `omp_memspace_handle_t`), and traits.
    Custom(usize, Vec<Trait>),
}

impl AllocatorSpec {
    /// The allocator's handle. A new allocator is made here.
    pub fn handle(&self) -> Parsed<Handle> {
        match self {
            AllocatorSpec::Predefined(handle) => Ok(*handle),
            AllocatorSpec::Custom(space, traits) => match init_allocator(*space, traits) {
                handle::NULL => Err("an allocator that can be created"),
                handle => Ok(handle),
            },
        }
    }
}

/// The names of the predefined allocators, and their handles.
pub const ALLOCATORS: [(&str, usize); 10] = [
    ("omp_default_mem_alloc", 1),
    ("omp_large_cap_mem_alloc", 2),
    ("omp_const_mem_alloc", 3),
    ("omp_high_bw_mem_alloc", 4),
    ("omp_low_lat_mem_alloc", 5),
    ("omp_cgroup_mem_alloc", 6),
    ("omp_pteam_mem_alloc", 7),
    ("omp_thread_mem_alloc", 8),
    ("ompx_gnu_pinned_mem_alloc", 200),
    ("ompx_gnu_managed_mem_alloc", 201),
];

/// The names of the memory spaces, their handles, and their predefined allocators.
const SPACES: [(&str, usize, usize); 6] = [
    ("omp_default_mem_space", 0, 1),
    ("omp_large_cap_mem_space", 1, 2),
    ("omp_const_mem_space", 2, 3),
    ("omp_high_bw_mem_space", 3, 4),
    ("omp_low_lat_mem_space", 4, 5),
    ("ompx_gnu_managed_mem_space", 200, 201),
];

/// A trait's name, its key, and the names of its values.
type Named = (&'static str, c_uint, &'static [(&'static str, usize)]);

/// The traits. The value of one without names is a positive number. `fb_data` is
/// missing: its value is a handle, which a text cannot have.
const TRAITS: [Named; 7] = [
    (
        "sync_hint",
        key::SYNC_HINT,
        &[
            ("contended", value::CONTENDED),
            ("uncontended", value::UNCONTENDED),
            ("serialized", value::SERIALIZED),
            ("sequential", value::SERIALIZED),
            ("private", value::PRIVATE),
        ],
    ),
    ("alignment", key::ALIGNMENT, &[]),
    (
        "access",
        key::ACCESS,
        &[
            ("all", value::ALL),
            ("thread", value::THREAD),
            ("pteam", value::PTEAM),
            ("cgroup", value::CGROUP),
        ],
    ),
    ("pool_size", key::POOL_SIZE, &[]),
    (
        "fallback",
        key::FALLBACK,
        &[
            ("default_mem_fb", value::DEFAULT_MEM_FB),
            ("null_fb", value::NULL_FB),
            ("abort_fb", value::ABORT_FB),
            ("allocator_fb", value::ALLOCATOR_FB),
        ],
    ),
    (
        "pinned",
        key::PINNED,
        &[("false", value::FALSE), ("true", value::TRUE)],
    ),
    (
        "partition",
        key::PARTITION,
        &[
            ("environment", value::ENVIRONMENT),
            ("nearest", value::NEAREST),
            ("blocked", value::BLOCKED),
            ("interleaved", value::INTERLEAVED),
        ],
    ),
];

/// `OMP_ALLOCATOR`: a predefined allocator, a memory space, or a memory space
/// with traits: `space:key=value,...`.
pub fn allocator(text: &str) -> Parsed<AllocatorSpec> {
    const WANTED: &str = "an allocator, or a memory space (:trait=value,...)";
    let text = text.trim().to_ascii_lowercase();
    if let Some(&(_, handle)) = ALLOCATORS.iter().find(|(name, _)| *name == text) {
        return Ok(AllocatorSpec::Predefined(handle));
    }
    let (space, traits) = match text.split_once(':') {
        Some((space, traits)) => (space, Some(traits)),
        None => (text.as_str(), None),
    };
    let &(_, space, predefined) = SPACES
        .iter()
        .find(|(name, ..)| *name == space)
        .ok_or(WANTED)?;
    let Some(traits) = traits else {
        return Ok(AllocatorSpec::Predefined(predefined));
    };
    let traits = traits
        .split(',')
        .map(one_trait)
        .collect::<Option<Vec<_>>>()
        .ok_or(WANTED)?;
    Ok(AllocatorSpec::Custom(space, traits))
}

fn one_trait(text: &str) -> Option<Trait> {
    let (key, value) = text.split_once('=')?;
    let &(_, number, names) = TRAITS.iter().find(|(name, ..)| *name == key)?;
    let value = if names.is_empty() {
        value
            .parse()
            .ok()
            .filter(|&n| n > 0 && n <= isize::MAX as usize)?
    } else {
        names.iter().find(|(name, _)| *name == value)?.1
    };
    Some(Trait { key: number, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_traits() {
        use AllocatorSpec::{Custom, Predefined};
        let t = |key, value| Trait { key, value };
        assert_eq!(allocator(" OMP_Const_mem_alloc "), Ok(Predefined(3)));
        assert_eq!(allocator("omp_low_lat_mem_space"), Ok(Predefined(5)));
        assert_eq!(
            allocator("omp_default_mem_space:alignment=512,fallback=null_fb,pinned=true"),
            Ok(Custom(0, vec![t(2, 512), t(5, 12), t(7, 1)]))
        );
        for bad in [
            "",
            "omp_default",
            "omp_default_mem_alloc:alignment=8",
            "omp_default_mem_space:",
            "omp_default_mem_space:alignment",
            "omp_default_mem_space:alignment=0",
            "omp_default_mem_space:alignment=8,",
            "omp_default_mem_space:access=both",
            "omp_default_mem_space:fb_data=1",
        ] {
            assert!(allocator(bad).is_err(), "{bad:?}");
        }
    }
}
