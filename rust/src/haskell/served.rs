//! The call behind `served` of `Control.Parallel.OpenMP.Callback`.

use crate::callback;
use core::ffi::c_void;

/// Integers at most that a call passes.
const INTEGERS: usize = 24;
/// Floating-point numbers at most that a call passes.
const DOUBLES: usize = 8;

/// One call of a C function. The Haskell library (Internal/Served.hs) knows the layout.
#[repr(C)]
struct ServedCall {
    function: u64,
    shape: u64,
    integers: [u64; INTEGERS],
    doubles: [f64; DOUBLES],
}

#[rustfmt::skip]
type InRegisters<R> = unsafe extern "C" fn(
    u64, u64, u64, u64, u64, u64,
    f64, f64, f64, f64, f64, f64, f64, f64,
) -> R;

/// The integers after the sixth stand last. So they take the registers that are left
/// (aarch64, riscv64 and loongarch64 have eight), and then words on the stack, in order.
#[rustfmt::skip]
type OnTheStack<R> = unsafe extern "C" fn(
    u64, u64, u64, u64, u64, u64,
    f64, f64, f64, f64, f64, f64, f64, f64,
    u64, u64, u64, u64, u64, u64, u64, u64, u64,
    u64, u64, u64, u64, u64, u64, u64, u64, u64,
) -> R;

/// Calls a C function. While it runs, closures that it calls on this thread have a server
/// (Note \[In-calls nest\] in [`crate::callback`]). Haskell calls this as `safe`. `call` is 34
/// words: the function, which the result replaces; the shape (the number of integer arguments
/// in bits 0 to 7, bit 8 if the result is floating-point, the number of the caller's
/// capability from bit 32); 24 integer arguments; 8 floating-point arguments. Words of
/// arguments that the function does not have may hold anything.
///
/// # Safety
///
/// The function may be called with these arguments, and has such a result.
// Note [One prototype for all] in `haskell::batch` says why one prototype serves all functions.
// Words on the stack that a function does not expect do no harm, because the caller removes
// them.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_hs_served(call: *mut u64) {
    // SAFETY: the caller's promise.
    let call = unsafe { &mut *call.cast::<ServedCall>() };
    callback::serving((call.shape >> 32) as u32, || {
        let float_result = call.shape >> 8 & 1 != 0;
        let many = call.shape & 0xff > 6;
        // SAFETY: the caller's promise.
        call.function = unsafe {
            match (many, float_result) {
                (false, false) => in_registers::<u64>(call),
                (false, true) => in_registers::<f64>(call).to_bits(),
                (true, false) => on_the_stack::<u64>(call),
                (true, true) => on_the_stack::<f64>(call).to_bits(),
            }
        };
    });
}

/// # Safety
///
/// As `ghcomp_hs_served`; `R` is the class of the function's result.
unsafe fn in_registers<R>(call: &ServedCall) -> R {
    let (i, d) = (&call.integers, &call.doubles);
    // SAFETY: the caller's promise.
    unsafe {
        let function: InRegisters<R> = core::mem::transmute(call.function as *const c_void);
        #[rustfmt::skip]
        let result = function(
            i[0], i[1], i[2], i[3], i[4], i[5],
            d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7],
        );
        result
    }
}

/// # Safety
///
/// As `in_registers`.
unsafe fn on_the_stack<R>(call: &ServedCall) -> R {
    let (i, d) = (&call.integers, &call.doubles);
    // SAFETY: the caller's promise.
    unsafe {
        let function: OnTheStack<R> = core::mem::transmute(call.function as *const c_void);
        #[rustfmt::skip]
        let result = function(
            i[0], i[1], i[2], i[3], i[4], i[5],
            d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7],
            i[6], i[7], i[8], i[9], i[10], i[11], i[12], i[13], i[14],
            i[15], i[16], i[17], i[18], i[19], i[20], i[21], i[22], i[23],
        );
        result
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[rustfmt::skip]
    unsafe extern "C" fn weighed(
        a: u64, x: f64, b: u64, c: u64, d: u64, y: f64, e: u64, f: u64, g: u32, h: u64, i: u64,
    ) -> f64 {
        let integers = [a, b, c, d, e, f, u64::from(g), h, i];
        let sum: u64 = integers.iter().zip(1..).map(|(n, weight)| n * weight).sum();
        sum as f64 + x * 0.5 + y * 0.25
    }

    #[test]
    fn integers_on_the_stack_arrive_in_order() {
        let mut call = ServedCall {
            function: weighed as *const () as u64,
            shape: 9 | 1 << 8,
            integers: core::array::from_fn(|n| n as u64 + 1),
            doubles: [1.0; DOUBLES],
        };
        // The upper half of a narrow argument on the stack holds anything.
        call.integers[6] |= 0xdead << 32;
        // SAFETY: the function has such a type.
        unsafe { ghcomp_hs_served((&raw mut call).cast()) };
        assert_eq!(f64::from_bits(call.function), 285.75);
    }
}
