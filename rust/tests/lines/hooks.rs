//! Makes the runtime's code run on the [`machine`].
//!
//! The compiler has a pass for ThreadSanitizer. It puts a call before each access to memory
//! that another thread could see, and replaces each atomic operation by a call. Here these
//! calls go to the machine. So all memory of the runtime is simulated, with crossbeam's deques
//! and memory that is not atomic. The C library's own accesses are not simulated. The script
//! `rustc` beside this file turns the pass on.

use crate::machine::{self, Access};
use core::ffi::{c_long as Long, c_void, CStr};
use std::sync::atomic::{AtomicU16, AtomicU32, AtomicU64, AtomicU8, Ordering};

/// The compiler's number of `memory_order_seq_cst`.
const SEQ_CST: i32 = 5;

macro_rules! plain {
    ($($read:ident $write:ident $bytes:literal)*) => {$(
        #[no_mangle]
        extern "C" fn $read(address: usize) {
            machine::access(address, $bytes, Access::Read);
        }
        #[no_mangle]
        extern "C" fn $write(address: usize) {
            machine::access(address, $bytes, Access::Write);
        }
    )*};
}

plain! {
    __tsan_read1 __tsan_write1 1
    __tsan_read2 __tsan_write2 2
    __tsan_read4 __tsan_write4 4
    __tsan_read8 __tsan_write8 8
    __tsan_read16 __tsan_write16 16
    __tsan_unaligned_read2 __tsan_unaligned_write2 2
    __tsan_unaligned_read4 __tsan_unaligned_write4 4
    __tsan_unaligned_read8 __tsan_unaligned_write8 8
    __tsan_unaligned_read16 __tsan_unaligned_write16 16
}

macro_rules! changes {
    ($atomic:ty, $value:ty, $($name:ident $method:ident)*) => {$(
        #[no_mangle]
        unsafe extern "C" fn $name(at: *const $atomic, value: $value, _: i32) -> $value {
            machine::access(at.addr(), size_of::<$value>(), Access::Change);
            // SAFETY: the operation that this call replaces does the same.
            unsafe { (*at).$method(value, Ordering::SeqCst) }
        }
    )*};
}

macro_rules! atomics {
    ($($atomic:ident $value:ident $load:ident $store:ident $swap:ident
       $add:ident $sub:ident $and:ident $or:ident $xor:ident $nand:ident $compare:ident)*) => {$(
        #[no_mangle]
        unsafe extern "C" fn $load(at: *const $atomic, _: i32) -> $value {
            machine::access(at.addr(), size_of::<$value>(), Access::Read);
            // SAFETY: as in `changes`.
            unsafe { (*at).load(Ordering::SeqCst) }
        }
        #[no_mangle]
        unsafe extern "C" fn $store(at: *const $atomic, value: $value, order: i32) {
            let access = if order == SEQ_CST { Access::Change } else { Access::Write };
            machine::access(at.addr(), size_of::<$value>(), access);
            // SAFETY: as in `changes`.
            unsafe { (*at).store(value, Ordering::SeqCst) }
        }
        #[no_mangle]
        unsafe extern "C" fn $compare(
            at: *const $atomic, expected: $value, value: $value, _: i32, _: i32,
        ) -> $value {
            machine::access(at.addr(), size_of::<$value>(), Access::Change);
            // SAFETY: as in `changes`.
            let at = unsafe { &*at };
            at.compare_exchange(expected, value, Ordering::SeqCst, Ordering::SeqCst)
                .unwrap_or_else(|now| now)
        }
        changes! { $atomic, $value, $swap swap $add fetch_add $sub fetch_sub
            $and fetch_and $or fetch_or $xor fetch_xor $nand fetch_nand }
    )*};
}

atomics! {
    AtomicU8 u8 __tsan_atomic8_load __tsan_atomic8_store __tsan_atomic8_exchange
        __tsan_atomic8_fetch_add __tsan_atomic8_fetch_sub __tsan_atomic8_fetch_and
        __tsan_atomic8_fetch_or __tsan_atomic8_fetch_xor __tsan_atomic8_fetch_nand
        __tsan_atomic8_compare_exchange_val
    AtomicU16 u16 __tsan_atomic16_load __tsan_atomic16_store __tsan_atomic16_exchange
        __tsan_atomic16_fetch_add __tsan_atomic16_fetch_sub __tsan_atomic16_fetch_and
        __tsan_atomic16_fetch_or __tsan_atomic16_fetch_xor __tsan_atomic16_fetch_nand
        __tsan_atomic16_compare_exchange_val
    AtomicU32 u32 __tsan_atomic32_load __tsan_atomic32_store __tsan_atomic32_exchange
        __tsan_atomic32_fetch_add __tsan_atomic32_fetch_sub __tsan_atomic32_fetch_and
        __tsan_atomic32_fetch_or __tsan_atomic32_fetch_xor __tsan_atomic32_fetch_nand
        __tsan_atomic32_compare_exchange_val
    AtomicU64 u64 __tsan_atomic64_load __tsan_atomic64_store __tsan_atomic64_exchange
        __tsan_atomic64_fetch_add __tsan_atomic64_fetch_sub __tsan_atomic64_fetch_and
        __tsan_atomic64_fetch_or __tsan_atomic64_fetch_xor __tsan_atomic64_fetch_nand
        __tsan_atomic64_compare_exchange_val
}

#[no_mangle]
extern "C" fn __tsan_atomic_thread_fence(order: i32) {
    if order == SEQ_CST {
        machine::fence();
    }
}

/// A fence for the compiler alone; it has done its work at compile time.
#[no_mangle]
extern "C" fn __tsan_atomic_signal_fence(_: i32) {}

macro_rules! copies {
    ($($name:ident $copy:ident)*) => {$(
        #[no_mangle]
        unsafe extern "C" fn $name(to: *mut u8, from: *const u8, bytes: usize) -> *mut u8 {
            machine::access(from.addr(), bytes, Access::Read);
            machine::access(to.addr(), bytes, Access::Write);
            // SAFETY: the copy that this call replaces does the same.
            unsafe { core::ptr::$copy(from, to, bytes) };
            to
        }
    )*};
}

copies! { __tsan_memcpy copy_nonoverlapping __tsan_memmove copy }

#[no_mangle]
unsafe extern "C" fn __tsan_memset(to: *mut u8, byte: i32, bytes: usize) -> *mut u8 {
    machine::access(to.addr(), bytes, Access::Write);
    // SAFETY: the fill that this call replaces does the same.
    unsafe { core::ptr::write_bytes(to, byte as u8, bytes) };
    to
}

/// A step of busy waiting. `sync::primitive::pause` calls it.
#[no_mangle]
extern "C" fn lines_pause() {
    machine::pause();
}

/// The C library's function of this name, which a function here hides.
fn real(name: &CStr) -> *mut c_void {
    // SAFETY: the name is a C string.
    unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) }
}

/// `syscall` of the C library, except that threads of the machine sleep and wake each other
/// there.
#[no_mangle]
unsafe extern "C" fn syscall(
    number: Long,
    a: Long,
    b: Long,
    c: Long,
    d: Long,
    e: Long,
    f: Long,
) -> Long {
    let word = a as usize;
    if number == libc::SYS_futex && machine::core().is_some() && !machine::owns(word) {
        let is_expected = || {
            // SAFETY: the caller's word lives while the caller sleeps there.
            let now = unsafe { (*(word as *const AtomicU32)).load(Ordering::Relaxed) };
            now == c as u32
        };
        match b as i32 & libc::FUTEX_CMD_MASK {
            libc::FUTEX_WAIT => machine::sleep(word, u32::MAX, is_expected),
            libc::FUTEX_WAIT_BITSET => machine::sleep(word, f as u32, is_expected),
            libc::FUTEX_WAKE => machine::wake(word, u32::MAX, c as u32),
            libc::FUTEX_WAKE_BITSET => machine::wake(word, f as u32, c as u32),
            other => unreachable!("futex operation {other}"),
        }
        return 0;
    }
    type Syscall = unsafe extern "C" fn(Long, Long, Long, Long, Long, Long, Long) -> Long;
    // SAFETY: the function has this type, as far as it is used here. The arguments are the
    // caller's.
    unsafe {
        let real: Syscall = core::mem::transmute(real(c"syscall"));
        real(number, a, b, c, d, e, f)
    }
}

type Life = unsafe extern "C" fn(*mut c_void) -> *mut c_void;
type Create = unsafe extern "C" fn(
    *mut libc::pthread_t,
    *const libc::pthread_attr_t,
    Life,
    *mut c_void,
) -> i32;

/// `pthread_create` of the C library, except that threads of the machine start threads of the
/// machine.
#[no_mangle]
unsafe extern "C" fn pthread_create(
    id: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    life: Life,
    argument: *mut c_void,
) -> i32 {
    // SAFETY: the function has this type.
    let real: Create = unsafe { core::mem::transmute(real(c"pthread_create")) };
    unsafe extern "C" fn run(argument: *mut c_void) -> *mut c_void {
        let argument: *mut (usize, Life, *mut c_void) = argument.cast();
        // The thread must have its turn before it calls the C library's `free`.
        // SAFETY: made below, for this call.
        machine::live(unsafe { (*argument).0 });
        // SAFETY: as above.
        let (_, life, argument) = *unsafe { Box::from_raw(argument) };
        // SAFETY: the caller of `pthread_create` promised it.
        unsafe { life(argument) }
    }
    // SAFETY: the caller's promise. `run` gets the argument that it expects.
    unsafe {
        match machine::new_core() {
            None => real(id, attributes, life, argument),
            Some(core) => {
                let argument = Box::into_raw(Box::new((core, life, argument)));
                real(id, attributes, run, argument.cast())
            }
        }
    }
}
