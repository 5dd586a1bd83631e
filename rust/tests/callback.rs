//! Calls of closures through function pointers, with a host that is not GHC. The "closures" of
//! this host are Rust functions that get the frame.
#![cfg(not(loom))]

use ghcomp::callback::pointers::{ghcomp_callback_free, ghcomp_callback_new, ghcomp_callback_stop};
use ghcomp::haskell::settings::ghcomp_hs_set_dynamic;
use ghcomp::host::{ghcomp_register_host, Frame, GhcompHost};
use ghcomp::parallel::barrier::{cancellable_barrier, uncancellable_barrier};
use ghcomp::parallel::cancel;
use ghcomp::sync::lock::Lock;
use ghcomp::tools::WaitKind;
use ghcomp::waiting;
use ghcomp::{parallel, team};
use std::ffi::{c_char, c_void};
use std::process::Command;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, Once};

extern "C" {
    fn ghcomp_callback_resume(frame: *mut Frame, held: u32) -> u32;
}

const CALL: u32 = 1;
const BLOCK: u32 = 2;

type Closure = fn(&mut Frame);

static SERVED: AtomicU32 = AtomicU32::new(0);
static CALLED: AtomicU32 = AtomicU32::new(0);
static BLOCKED: AtomicU32 = AtomicU32::new(0);
/// Not 0 if a server resumes the kernel with [`HANDS`] held.
static DENSE: AtomicU32 = AtomicU32::new(0);
/// The thing that a server may hold.
static HANDS: Mutex<()> = Mutex::new(());

fn closure(frame: *mut Frame) {
    // SAFETY: the runtime passes a valid frame, whose target the tests made from a `Closure`.
    unsafe {
        let closure: Closure = std::mem::transmute((*frame).target);
        closure(&mut *frame);
    }
}

extern "C" fn serve(frame: *mut Frame) {
    SERVED.fetch_add(1, Relaxed);
    let mut status = CALL;
    while status == CALL || status == BLOCK {
        if status == CALL {
            closure(frame);
        } else {
            BLOCKED.fetch_add(1, Relaxed);
        }
        let hold = status == CALL && DENSE.load(Relaxed) != 0;
        // All servers compete for it, as threads do for GHC's capabilities.
        let hands = hold.then(|| HANDS.lock().unwrap());
        // SAFETY: this is the call that `GhcompHost::serve` demands.
        status = unsafe { ghcomp_callback_resume(frame, u32::from(hold)) };
        drop(hands);
    }
}

extern "C" fn call(frame: *mut Frame) {
    CALLED.fetch_add(1, Relaxed);
    closure(frame);
}

extern "C" fn nothing() -> u32 {
    0
}

/// Several OS threads may run the closures.
extern "C" fn none() -> *const c_char {
    std::ptr::null()
}

extern "C" fn bind(_num: u32, _size: u32) {}

static TEST: Mutex<()> = Mutex::new(());

/// One test runs at a time, because the counts belong to the process.
fn alone() -> std::sync::MutexGuard<'static, ()> {
    static REGISTERED: Once = Once::new();
    static HOST: GhcompHost = GhcompHost {
        version: 7,
        default_team_size: nothing,
        busy: nothing,
        idle: nothing,
        why_one_thread: none,
        bind,
        serve,
        call,
        boot: None,
        trace: None,
    };
    // SAFETY: a static table.
    REGISTERED.call_once(|| unsafe { ghcomp_register_host(&HOST) });
    // Teams get the size that the tests ask for.
    ghcomp_hs_set_dynamic(0);
    let guard = TEST.lock().unwrap_or_else(|broken| broken.into_inner());
    SERVED.store(0, Relaxed);
    CALLED.store(0, Relaxed);
    BLOCKED.store(0, Relaxed);
    DENSE.store(0, Relaxed);
    guard
}

/// The pointer of a closure, as the C function type `F` and as it is given back.
fn pointer<F: Copy>(closure: Closure, wide: bool) -> (F, *const c_void) {
    let pointer = ghcomp_callback_new(closure as *mut c_void, i32::from(wide));
    assert!(!pointer.is_null());
    // SAFETY: `F` is a function pointer's type, the one that the closure expects.
    (unsafe { std::mem::transmute_copy(&pointer) }, pointer)
}

/// Runs `body(num)` on each thread of a team.
fn region(threads: u32, body: &(dyn Fn(u32) + Sync)) {
    unsafe extern "C" fn enter(data: *mut c_void) {
        // SAFETY: `region` passes a pointer to this type, and outlives the call.
        let body = unsafe { &*data.cast::<&(dyn Fn(u32) + Sync)>() };
        body(team::current().context().member.num);
    }
    let mut body = body;
    // SAFETY: the body is Sync and outlives the region.
    unsafe { parallel::parallel(enter, (&raw mut body).cast(), threads, |_| {}) };
}

type Unary = extern "C" fn(i64) -> i64;

fn double(frame: &mut Frame) {
    frame.integer_result = frame.integers[0].wrapping_mul(2);
}

#[test]
fn each_thread_of_a_region_is_served_once() {
    let _alone = alone();
    let (f, raw) = pointer::<Unary>(double, false);
    for threads in [1, 2, 3, 4, 8] {
        SERVED.store(0, Relaxed);
        let sum = AtomicI64::new(0);
        region(threads, &|num| {
            for i in 0..1000 {
                sum.fetch_add(f(i + i64::from(num)), Relaxed);
            }
        });
        let n = i64::from(threads);
        assert_eq!(sum.into_inner(), n * 999_000 + 1000 * n * (n - 1));
        assert_eq!(SERVED.load(Relaxed), threads);
    }
    assert_eq!(CALLED.load(Relaxed), 0);
    // Outside of regions each call is an in-call.
    assert_eq!(f(-3), -6);
    assert_eq!((CALLED.load(Relaxed), BLOCKED.load(Relaxed)), (1, 0));
    // SAFETY: nobody calls it any more.
    assert_eq!(unsafe { ghcomp_callback_free(raw) }, 0);
}

#[test]
fn all_argument_registers_arrive() {
    type Wide =
        extern "C" fn(i64, f64, i64, f64, i64, f64, i64, f64, i64, f64, i64, f64, f64, f64) -> f64;
    fn weigh(frame: &mut Frame) {
        let integers = frame
            .integers
            .iter()
            .zip(1..)
            .map(|(&x, n)| x as f64 * f64::from(n));
        let doubles = frame
            .doubles
            .iter()
            .zip(1..)
            .map(|(&x, n)| x * f64::from(n * 100));
        frame.double_result = integers.chain(doubles).sum();
    }
    let _alone = alone();
    let (f, raw) = pointer::<Wide>(weigh, true);
    let expected = (1 + 4 + 9 + 16 + 25 + 36) as f64
        + (1..=8)
            .map(|n| f64::from(n * 100) * (f64::from(n) + 0.5))
            .sum::<f64>();
    let go = || f(1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7.5, 8.5);
    assert_eq!(go(), expected);
    region(3, &|_| {
        for _ in 0..10 {
            assert_eq!(go(), expected);
        }
    });
    assert_eq!((CALLED.load(Relaxed), SERVED.load(Relaxed)), (1, 3));
    // SAFETY: nobody calls it any more.
    unsafe { ghcomp_callback_free(raw) };
}

/// A switch keeps the registers that a C callee must preserve: integers, and doubles on
/// architectures where a callee preserves some.
#[test]
fn the_kernels_registers_are_kept() {
    fn spoil(frame: &mut Frame) {
        let x = frame.integers[0];
        let mut doubles = [0.0f64; 16];
        for (n, value) in doubles.iter_mut().enumerate() {
            *value = std::hint::black_box(x as f64 * n as f64);
        }
        frame.integer_result = doubles.iter().sum::<f64>() as u64;
    }
    let _alone = alone();
    let (f, raw) = pointer::<Unary>(spoil, false);
    region(2, &|_| {
        let mut a = [1i64, 2, 3, 4, 5, 6];
        let mut x = [0.5f64, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5];
        for i in 1..200 {
            let y = f(i);
            a.iter_mut().for_each(|a| *a += y);
            x.iter_mut().for_each(|x| *x += y as f64);
        }
        let sum: i64 = (1..200).map(|i| i * 120).sum();
        assert_eq!(a, [1, 2, 3, 4, 5, 6].map(|n| n + sum));
        assert!(x
            .iter()
            .zip(0..)
            .all(|(x, n)| *x == f64::from(n) + 0.5 + sum as f64));
    });
    // SAFETY: nobody calls it any more.
    unsafe { ghcomp_callback_free(raw) };
}

/// One thread at a time holds what a server may hold. Barriers and locks between the calls
/// would deadlock if a blocked thread kept it.
#[test]
fn a_thread_that_blocks_holds_nothing() {
    let _alone = alone();
    DENSE.store(1, Relaxed);
    let (f, raw) = pointer::<Unary>(double, false);
    for threads in [2, 3, 4, 8] {
        let sum = AtomicI64::new(0);
        let lock = Lock::unlocked();
        region(threads, &|_| {
            for i in 0..20 {
                sum.fetch_add(f(i), Relaxed);
                uncancellable_barrier();
                waiting::lock(&lock);
                sum.fetch_add(f(i), Relaxed);
                lock.unlock();
                uncancellable_barrier();
            }
        });
        assert_eq!(sum.into_inner(), i64::from(threads) * 4 * 190);
    }
    assert!(BLOCKED.load(Relaxed) > 0);
    // SAFETY: nobody calls it any more.
    unsafe { ghcomp_callback_free(raw) };
}

#[test]
fn calls_nest() {
    static INNER: AtomicI64 = AtomicI64::new(0);
    fn outer(frame: &mut Frame) {
        let (f, raw) = pointer::<Unary>(double, false);
        let i = frame.integers[0] as i64;
        // This call comes from the closure, while the region's own server runs.
        let direct = f(i);
        let sum = AtomicI64::new(0);
        region(2, &|_| {
            sum.fetch_add(f(i), Relaxed);
            // The closure starts a region on the server's stack. That region has servers of
            // its own.
            region(1, &|_| {
                sum.fetch_add(f(i), Relaxed);
            });
        });
        INNER.fetch_add(direct, Relaxed);
        frame.integer_result = sum.into_inner() as u64;
        // SAFETY: nobody calls it any more.
        unsafe { ghcomp_callback_free(raw) };
    }
    let _alone = alone();
    let (f, raw) = pointer::<Unary>(outer, false);
    let threads = AtomicI64::new(0);
    let sum = AtomicI64::new(0);
    INNER.store(0, Relaxed);
    region(3, &|_| {
        threads.fetch_add(1, Relaxed);
        for i in 0..10 {
            sum.fetch_add(f(i), Relaxed);
        }
    });
    // Each nested region has a team of one, because max-active-levels-var is 1.
    assert_eq!(sum.into_inner(), threads.into_inner() * 45 * 2 * 2);
    assert_eq!(INNER.load(Relaxed), 3 * 45 * 2);
    // SAFETY: nobody calls it any more.
    unsafe { ghcomp_callback_free(raw) };
}

#[test]
fn a_stopped_pointer_answers_nothing() {
    let _alone = alone();
    let (f, raw) = pointer::<Unary>(double, false);
    let address = raw as usize;
    region(2, &|_| {
        assert_eq!(f(4), 8);
        uncancellable_barrier();
        // SAFETY: the pointer is in use.
        unsafe { ghcomp_callback_stop(address as *const c_void) };
        assert_eq!(f(4), 0);
    });
    // SAFETY: nobody calls it any more.
    unsafe { ghcomp_callback_free(raw) };
}

#[test]
fn threads_that_come_and_go() {
    let _alone = alone();
    let (f, raw) = pointer::<Unary>(double, false);
    for _ in 0..50 {
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    assert_eq!(f(21), 42);
                    region(2, &|_| assert_eq!(f(21), 42));
                });
            }
        });
    }
    // SAFETY: nobody calls it any more.
    unsafe { ghcomp_callback_free(raw) };
}

/// A kernel cancels its region while the other threads call closures or wait at a barrier. All
/// leave, and hold nothing. The test runs in a process of its own, whose environment enables
/// cancellation.
#[test]
fn a_cancelled_kernel_leaves_cleanly() {
    if !cancel::enabled() {
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_cancelled_kernel_leaves_cleanly"])
            .env("OMP_CANCELLATION", "true")
            .status();
        assert!(status.unwrap().success());
        return;
    }
    let _alone = alone();
    let (f, raw) = pointer::<Unary>(double, false);
    for round in 0..400 {
        DENSE.store(round / 2 % 2, Relaxed);
        region(4, &|num| {
            for i in 0..50 {
                assert_eq!(f(i), 2 * i);
                if num == round % 4 && i == i64::from(round % 50) {
                    cancel::cancel_region();
                }
                if round % 3 == 0 && team::current().context().is_region_cancelled() {
                    return;
                }
            }
            assert!(cancellable_barrier(WaitKind::Barrier));
        });
        let sum = AtomicI64::new(0);
        region(4, &|num| {
            assert!(!cancellable_barrier(WaitKind::Barrier));
            sum.fetch_add(f(i64::from(num)), Relaxed);
            assert!(!cancellable_barrier(WaitKind::Barrier));
            assert_eq!(sum.load(Relaxed), 12);
        });
    }
    // SAFETY: the pointer was made above, and nobody calls it any more.
    unsafe { ghcomp_callback_free(raw) };
}

/// The work of a child of `fork`: full teams whose threads call closures.
fn child_of_fork(f: Unary) {
    // SAFETY: only orders a signal.
    unsafe { libc::alarm(60) };
    for threads in [1, 4, 2] {
        let sum = AtomicI64::new(0);
        region(threads, &|num| {
            for i in 0..100 {
                sum.fetch_add(f(i + i64::from(num)), Relaxed);
                if i == 50 {
                    uncancellable_barrier();
                }
            }
        });
        let threads = i64::from(threads);
        let expected = 100 * 99 * threads + 100 * threads * (threads - 1);
        assert_eq!(sum.load(Relaxed), expected);
    }
}

/// Forks. The child does its work and then ends, unless it is to return.
fn fork(f: Unary, comes_back: bool) -> bool {
    // SAFETY: the child runs only code of this file and of the runtime, which both allow it.
    unsafe {
        let pid = libc::fork();
        assert!(pid >= 0);
        if pid == 0 {
            child_of_fork(f);
            if !comes_back {
                libc::_exit(0);
            }
            return true;
        }
        let mut status = -1;
        assert_eq!(libc::waitpid(pid, &mut status, 0), pid);
        assert_eq!(status, 0, "the child's status");
        false
    }
}

/// Forks in a closure, on the second stack, and in a kernel whose server waits. Any member may
/// fork, and the child may return to the kernel. (The host must care for what a server holds at
/// a fork; here no server holds anything.)
#[test]
fn forks_in_closures_and_in_kernels_that_call_them() {
    fn forking(frame: &mut Frame) {
        let (f, raw) = pointer::<Unary>(double, false);
        let comes_back = frame.integers[0] == 1;
        frame.integer_result = u64::from(fork(f, comes_back));
        // SAFETY: nobody calls it any more.
        unsafe { ghcomp_callback_free(raw) };
    }
    let _alone = alone();
    let (f, raw) = pointer::<Unary>(double, false);
    let (forks, raw_forks) = pointer::<Unary>(forking, false);
    for comes_back in [false, true] {
        for who in 0..6 {
            region(3, &|num| {
                f(1);
                let mut child = false;
                if num == who % 3 {
                    child = if who < 3 {
                        forks(i64::from(comes_back)) != 0
                    } else {
                        fork(f, comes_back)
                    };
                }
                uncancellable_barrier();
                assert_eq!(f(2), 4);
                if child {
                    // SAFETY: ends the process.
                    unsafe { libc::_exit(0) };
                }
            });
        }
    }
    // SAFETY: nobody calls them any more.
    unsafe {
        ghcomp_callback_free(raw);
        ghcomp_callback_free(raw_forks);
    }
}
