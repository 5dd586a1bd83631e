//! The port: what the runtime asks of the process it lives in.
//!
//! The core knows nothing of Haskell; it asks these few questions of whoever
//! registered. `cbits/ghc_host.c` registers GHC's answers when the Haskell
//! library is loaded; with nobody registered the process stands alone.

pub mod frame;

pub use frame::Frame;

use crate::sync::mutex::AtFork;
use crate::{clock, messages};
use core::ffi::{c_char, CStr};
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use crossbeam_utils::CachePadded;
use std::borrow::Cow;

/// The answers of a host, as a C table. The runtime may call each function from
/// any thread. Only `serve`, `call`, `boot` and `trace` may call the runtime; the
/// others answer at once and may not.
#[repr(C)]
#[derive(Debug)]
pub struct GhcompHost {
    /// The layout of this table: 6.
    pub version: u32,
    /// Threads a team gets when neither the program nor the environment says;
    /// 0 for no opinion.
    pub default_team_size: extern "C" fn() -> u32,
    /// Processors that the host's threads compute on now, those in `serve`,
    /// `call` and bodies of regions included. A hint: waiting threads leave them
    /// alone.
    pub busy: extern "C" fn() -> u32,
    /// Threads, the calling one included, for which there are processors that
    /// nobody in the host's process computes on now; 4294967295 if all are idle
    /// or nothing is known. A hint: dynamic adjustment takes no more.
    pub idle: extern "C" fn() -> u32,
    /// 1 if several OS threads may run Haskell at once, else 0.
    pub haskell_bodies: extern "C" fn() -> i32,
    /// The calling OS thread is about to run Haskell as OpenMP thread `num` of
    /// a first-level team of `team_size` threads. `num` 4294967295: it is done
    /// with that.
    pub bind: extern "C" fn(num: u32, team_size: u32),
    /// Answers the calls of a kernel, the first of which lies in the frame:
    /// answers it, then calls `ghcomp_callback_resume(frame, held)`, and so on
    /// until that says 3 (END). It may call the runtime.
    pub serve: extern "C" fn(frame: *mut Frame),
    /// Answers the one call that lies in the frame. It may call the runtime.
    pub call: extern "C" fn(frame: *mut Frame),
    /// Null where the host was there before OpenMP. Else the process is a C
    /// program that brings its host along: a thread at level 0 calls this before
    /// its first region, and perhaps again before others; `dyn-var` is false
    /// unless somebody sets it; and `bind` is told of every thread of a
    /// first-level team, whatever its body is.
    pub boot: Option<extern "C" fn()>,
    /// The environment asks for a trace, and there is a first event. The host
    /// gets ready to take events with `ghcomp_hs_trace_next`. It answers null if
    /// it takes them from now on, and an empty text if it cannot say yet: then
    /// the next event asks again. Any other answer is the sentence that tells the
    /// user why nothing is traced; it is UTF-8 and stays valid and unchanged. The
    /// function may wait a little. Null: the host takes no events.
    pub trace: Option<extern "C" fn() -> *const c_char>,
}

/// Whether the host takes events.
#[derive(Debug)]
pub enum Traces {
    /// It does, from now on.
    Yes,
    /// It cannot say yet.
    NotYet,
    /// It does not, for this reason.
    No(Cow<'static, str>),
}

/// Asks the host to take events.
pub fn trace() -> Traces {
    let Some(trace) = host().and_then(|host| host.trace) else {
        return Traces::No(Cow::Borrowed(
            "nothing is traced, because no host in this process takes events (the Haskell \
             library brings one)",
        ));
    };
    let answer = trace();
    if answer.is_null() {
        return Traces::Yes;
    }
    // SAFETY: a host answers null or a C string that stays valid and unchanged
    // (see `GhcompHost::trace`).
    let why = unsafe { CStr::from_ptr(answer) };
    if why.is_empty() {
        Traces::NotYet
    } else {
        Traces::No(why.to_string_lossy())
    }
}

/// A thread at level 0 is about to start a region, its first one or not.
pub fn boot() {
    if let Some(boot) = host().and_then(|host| host.boot) {
        boot();
    }
}

/// Threads that run Haskell for the runtime: in in-calls, and masters that run
/// their own share of a region. The host takes them for busy threads of its own.
/// A line that each of them writes twice per region, where an in-call takes a
/// lock of the whole process.
static IN_HASKELL: CachePadded<AtomicU32> = CachePadded::new(AtomicU32::new(0));

/// The calling thread begins to run Haskell for the runtime.
pub fn enter_haskell() {
    IN_HASKELL.fetch_add(1, Ordering::Relaxed);
}

/// It has ended that.
pub fn leave_haskell() {
    IN_HASKELL.fetch_sub(1, Ordering::Relaxed);
}

/// The child of a fork has no other threads; if its own leaves what the parent's
/// entered, the count is one too low, which below 0 means 0.
pub(crate) static AT_FORK: AtFork = AtFork::new(&[], || IN_HASKELL.store(0, Ordering::Relaxed));

/// Processors that the host's process computes on now, other than for the
/// runtime; a hint.
pub fn busy() -> u32 {
    host().map_or(0, |host| {
        let ours = IN_HASKELL.load(Ordering::Relaxed) as i32;
        (host.busy)().saturating_sub(ours.max(0) as u32)
    })
}

/// How old the answer of [`recently_busy`] may be, in microseconds.
const RECENT: u64 = 10;

/// As [`busy`], but perhaps some microseconds old: many threads that wait ask
/// again and again, and the host looks at words that its own threads write.
pub fn recently_busy() -> u32 {
    /// When it was asked, in microseconds, and the answer in the low 16 bits.
    static LAST: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));
    const ANSWER: u64 = u16::MAX as u64;
    if host().is_none() {
        return 0;
    }
    let now = clock::now() / 1000;
    let last = LAST.load(Ordering::Relaxed);
    if now.wrapping_sub(last >> 16) < RECENT {
        return (last & ANSWER) as u32;
    }
    let busy = busy();
    LAST.store(now << 16 | u64::from(busy).min(ANSWER), Ordering::Relaxed);
    busy
}

/// Threads that dynamic adjustment may take now, the calling one included; a
/// hint.
pub fn idle() -> u32 {
    host().map_or(u32::MAX, |host| (host.idle)().max(1))
}

/// The layout of [`GhcompHost`]. It changes with every change of the table.
const VERSION: u32 = 6;

static HOST: AtomicPtr<GhcompHost> = AtomicPtr::new(core::ptr::null_mut());

/// The registered host, or `None` when the process stands alone.
#[inline]
pub fn host() -> Option<&'static GhcompHost> {
    // SAFETY: `ghcomp_register_host` demands a table that lives for ever.
    unsafe { HOST.load(Ordering::Acquire).as_ref() }
}

/// Registers the host, normally from a load-time constructor. A null pointer
/// or an unknown `version` is refused with a message and changes nothing.
///
/// # Safety
///
/// `host` must be null or point to a table that stays valid and unchanged for
/// the rest of the process.
#[no_mangle]
pub unsafe extern "C" fn ghcomp_register_host(host: *const GhcompHost) {
    // SAFETY: the caller's promise.
    match unsafe { host.as_ref() } {
        Some(table) if table.version == VERSION => HOST.store(host.cast_mut(), Ordering::Release),
        Some(table) => messages::tell(format_args!(
            "ghcomp_register_host: version {} is not {VERSION}; no host",
            table.version
        )),
        None => messages::tell("ghcomp_register_host: host is null; no host"),
    }
}
