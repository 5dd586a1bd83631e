//! Copying parts of arrays (OpenMP 5.2, 18.8.6).

use core::slice::from_raw_parts;

/// A part of an array in memory.
#[derive(Clone, Copy)]
pub struct Part {
    /// Address of the array.
    pub base: usize,
    /// First element of the part, per dimension.
    pub offsets: *const usize,
    /// Elements of the array, per dimension.
    pub dimensions: *const usize,
}

/// Copies a part of an array with `dims` dimensions into another part: `volume`
/// elements per dimension, of `size` bytes. False if a number does not fit an address;
/// elements may have been copied before.
///
/// # Safety
///
/// The arrays of numbers have `dims` elements, and `dims` is at least 1. The parts are
/// valid memory, and do not overlap.
pub unsafe fn rectangle(
    to: Part,
    from: Part,
    size: usize,
    dims: usize,
    volume: *const usize,
) -> bool {
    // SAFETY: the caller's promise, here and below.
    let (volume, to_dimensions, from_dimensions) = unsafe {
        (
            from_raw_parts(volume, dims),
            from_raw_parts(to.dimensions, dims),
            from_raw_parts(from.dimensions, dims),
        )
    };
    if size == 0 || volume.contains(&0) {
        return true;
    }
    let bytes = |counts: &[usize]| {
        let mut counts = counts.iter();
        counts.try_fold(size, |bytes, &count| bytes.checked_mul(count))
    };
    // Bytes of a slice, which has all dimensions but the first.
    let slice = |dimensions: &[usize]| bytes(&dimensions[1..]).filter(|&bytes| bytes > 0);
    match (bytes(volume), slice(to_dimensions), slice(from_dimensions)) {
        (Some(_), Some(to_slice), Some(from_slice)) => {
            let (to, from) = (
                Slices {
                    part: to,
                    bytes: to_slice,
                },
                Slices {
                    part: from,
                    bytes: from_slice,
                },
            );
            // SAFETY: the caller's promise.
            unsafe { copy(to, from, volume) }
        }
        _ => false,
    }
}

/// A part, and the bytes of each of its slices.
#[derive(Clone, Copy)]
struct Slices {
    part: Part,
    bytes: usize,
}

impl Slices {
    /// The address of the part's first slice.
    ///
    /// # Safety
    ///
    /// The part has a dimension.
    unsafe fn first(&self) -> Option<usize> {
        // SAFETY: the caller's promise.
        let skipped = self.bytes.checked_mul(unsafe { *self.part.offsets })?;
        Some(self.part.base.wrapping_add(skipped))
    }

    /// The slices of the slice at the address `base`.
    ///
    /// # Safety
    ///
    /// The slice has a dimension.
    unsafe fn inside(&self, base: usize) -> Slices {
        // SAFETY: the caller's promise. The dimension is a factor of `bytes`.
        unsafe {
            Slices {
                part: Part {
                    base,
                    offsets: self.part.offsets.add(1),
                    dimensions: self.part.dimensions.add(1),
                },
                bytes: self.bytes / *self.part.dimensions.add(1),
            }
        }
    }
}

/// Copies `volume` elements; no number is 0, and their product fits an address. It
/// calls itself only for dimensions with more than one slice, so at most 64 deep.
///
/// # Safety
///
/// As for [`rectangle`].
unsafe fn copy(mut to: Slices, mut from: Slices, mut volume: &[usize]) -> bool {
    while let [slices, inner @ ..] = volume {
        // SAFETY: the caller's promise, here and below.
        let (Some(mut at), Some(mut of)) = (unsafe { to.first() }, unsafe { from.first() }) else {
            return false;
        };
        if inner.is_empty() {
            // SAFETY: as above.
            unsafe {
                core::ptr::copy_nonoverlapping(of as *const u8, at as *mut u8, to.bytes * slices);
            }
            return true;
        }
        if *slices == 1 {
            // SAFETY: as above.
            (to, from) = unsafe { (to.inside(at), from.inside(of)) };
            volume = inner;
            continue;
        }
        for _ in 0..*slices {
            // SAFETY: as above.
            if !unsafe { copy(to.inside(at), from.inside(of), inner) } {
                return false;
            }
            at = at.wrapping_add(to.bytes);
            of = of.wrapping_add(from.bytes);
        }
        return true;
    }
    true
}
