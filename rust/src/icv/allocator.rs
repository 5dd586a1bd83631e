//! The text of `OMP_ALLOCATOR` (OpenMP 5.2, 21.5.1), purely.

use crate::icv::parse::Parsed;
use crate::memory::allocate::init_allocator;
use crate::memory::handle::{self, Handle};
use crate::memory::traits::Trait;
use core::ffi::c_uint;

/// What `OMP_ALLOCATOR` asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AllocatorSpec {
    /// A predefined allocator: the value of `omp_allocator_handle_t`.
    Predefined(usize),
    /// An allocator of its own: the value of `omp_memspace_handle_t`, and
    /// traits.
    Custom(usize, Vec<Trait>),
}

impl AllocatorSpec {
    /// The allocator; one of its own is made.
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

/// The names of predefined allocators and their handles.
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

/// The names of memory spaces, their handles, and the predefined allocators
/// of those spaces.
const SPACES: [(&str, usize, usize); 6] = [
    ("omp_default_mem_space", 0, 1),
    ("omp_large_cap_mem_space", 1, 2),
    ("omp_const_mem_space", 2, 3),
    ("omp_high_bw_mem_space", 3, 4),
    ("omp_low_lat_mem_space", 4, 5),
    ("ompx_gnu_managed_mem_space", 200, 201),
];

/// A trait's name, its key, and the values that it can be given by name.
type Named = (&'static str, c_uint, &'static [(&'static str, usize)]);

/// The traits; those without names have a positive number. `fb_data` is missing: it cannot be said in a text.
const TRAITS: [Named; 7] = [
    (
        "sync_hint",
        1,
        &[
            ("contended", 3),
            ("uncontended", 4),
            ("serialized", 5),
            ("sequential", 5),
            ("private", 6),
        ],
    ),
    ("alignment", 2, &[]),
    (
        "access",
        3,
        &[("all", 7), ("thread", 8), ("pteam", 9), ("cgroup", 10)],
    ),
    ("pool_size", 4, &[]),
    (
        "fallback",
        5,
        &[
            ("default_mem_fb", 11),
            ("null_fb", 12),
            ("abort_fb", 13),
            ("allocator_fb", 14),
        ],
    ),
    ("pinned", 7, &[("false", 0), ("true", 1)]),
    (
        "partition",
        8,
        &[
            ("environment", 15),
            ("nearest", 16),
            ("blocked", 17),
            ("interleaved", 18),
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
    let &(_, key, names) = TRAITS.iter().find(|(name, ..)| *name == key)?;
    let value = if names.is_empty() {
        value
            .parse()
            .ok()
            .filter(|&n| n > 0 && n <= isize::MAX as usize)?
    } else {
        names.iter().find(|(name, _)| *name == value)?.1
    };
    Some(Trait { key, value })
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
