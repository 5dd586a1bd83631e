//! Copying parts of arrays (OpenMP 5.2, 18.8.6).

/// An array's part in memory.
pub struct Part {
    /// Address of the array.
    pub base: usize,
    /// First element of the part, per dimension.
    pub offsets: *const usize,
    /// Elements of the array, per dimension.
    pub dimensions: *const usize,
}

/// Copies `volume` elements (per dimension, `dims` of them) of `size` bytes
/// from one part to the other; false where a number does not fit an address.
/// What was copied before that stays.
///
/// # Safety
///
/// The arrays of numbers hold `dims` elements (`dims` is at least 1), and the
/// parts are in memory as they say and do not overlap.
pub unsafe fn rectangle(
    to: Part,
    from: Part,
    size: usize,
    dims: usize,
    volume: *const usize,
) -> bool {
    // SAFETY: the caller's promise, here and below.
    unsafe {
        if dims == 1 {
            let bytes = |elements: *const usize| size.checked_mul(*elements);
            let (Some(length), Some(at), Some(of)) =
                (bytes(volume), bytes(to.offsets), bytes(from.offsets))
            else {
                return false;
            };
            core::ptr::copy_nonoverlapping(
                from.base.wrapping_add(of) as *const u8,
                to.base.wrapping_add(at) as *mut u8,
                length,
            );
            return true;
        }
        // Bytes of one slice (all dimensions but the first), and the address of
        // the part's first slice.
        let slices = |part: &Part| {
            let slice =
                (1..dims).try_fold(size, |slice, i| slice.checked_mul(*part.dimensions.add(i)))?;
            let first = slice.checked_mul(*part.offsets)?;
            Some((slice, part.base.wrapping_add(first)))
        };
        let inner = |part: &Part, base| Part {
            base,
            offsets: part.offsets.add(1),
            dimensions: part.dimensions.add(1),
        };
        let (Some((to_slice, mut at)), Some((from_slice, mut of))) = (slices(&to), slices(&from))
        else {
            return false;
        };
        for _ in 0..*volume {
            let (to, from) = (inner(&to, at), inner(&from, of));
            if !rectangle(to, from, size, dims - 1, volume.add(1)) {
                return false;
            }
            at = at.wrapping_add(to_slice);
            of = of.wrapping_add(from_slice);
        }
        true
    }
}
