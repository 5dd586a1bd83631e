//! The port: what the runtime asks of the process that it lives in.
//!
//! The core knows nothing about the host's language. It asks the questions of
//! [`GhcompHost`], and whoever registered a table answers them. `cbits/ghc_host.c`
//! registers GHC's table when the Haskell library is loaded. Without a table the process
//! stands alone, and each question has an answer of its own here.
//!
//! - [`frame`]: one call of a closure, as it is handed to the host.
//!
//! This room sees plain numbers, and no thread of the runtime. The table is registered
//! once, before the first question, and lives for ever.

pub mod frame;

pub use frame::Frame;

use crate::sync::mutex::AtFork;
use crate::{clock, messages};
use core::ffi::{c_char, CStr};
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
use crossbeam_utils::CachePadded;
use std::borrow::Cow;

/// The answers of a host, as a C table. The runtime may call each function from any
/// thread. Only `serve`, `call`, `boot` and `trace` may call the runtime. The others must
/// not, and answer at once.
#[repr(C)]
#[derive(Debug)]
pub struct GhcompHost {
    /// The layout of this table: 7.
    pub version: u32,
    /// The size of a team when neither the program nor the environment gives one; 0 for
    /// no opinion.
    pub default_team_size: extern "C" fn() -> u32,
    /// Processors on which the host's threads compute now. Threads in `serve`, in `call`
    /// and in bodies of regions count. A hint: waiting threads leave these processors
    /// alone.
    pub busy: extern "C" fn() -> u32,
    /// The number of threads, with the calling one, for which there are processors on
    /// which nothing of the host's process computes now; 4294967295 if all are idle or
    /// nothing is known. A hint: dynamic adjustment takes no more threads.
    pub idle: extern "C" fn() -> u32,
    /// Null if several OS threads may run the host's code. Else the sentence, without a full
    /// stop, that says to the user why not. The text is UTF-8, and stays valid and unchanged.
    pub why_one_thread: extern "C" fn() -> *const c_char,
    /// The calling OS thread is about to run Haskell as OpenMP thread `num` of a
    /// first-level team of `team_size` threads. If `num` is 4294967295, the thread is
    /// done with that.
    pub bind: extern "C" fn(num: u32, team_size: u32),
    /// Answers the calls of a kernel. The frame holds the first call: the function answers
    /// it, then calls `ghcomp_callback_resume(frame, held)`, which returns with the next
    /// call, and so on until that returns 3 (END). It may call the runtime.
    pub serve: extern "C" fn(frame: *mut Frame),
    /// Answers the one call that the frame holds. It may call the runtime.
    pub call: extern "C" fn(frame: *mut Frame),
    /// Null if the host started before OpenMP. Else the process is a C program that brings
    /// its host along. A thread at level 0 then calls this before its first region, and
    /// perhaps again before later ones; `dyn-var` is false unless somebody sets it; and
    /// `bind` is called for every thread of a first-level team, whatever its body is.
    pub boot: Option<extern "C" fn()>,
    /// The environment asks for a trace, and there is a first event. The host gets ready
    /// to take events by `ghcomp_hs_trace_next`. It answers null if it takes them from now
    /// on, and an empty text if it cannot say yet: then the next event asks again. Any
    /// other answer is a sentence that says to the user why nothing is traced. The text is
    /// UTF-8, and stays valid and unchanged. The function may wait a little. Null instead
    /// of a function: the host takes no events.
    pub trace: Option<extern "C" fn() -> *const c_char>,
}

/// Why only one OS thread may run the host's code; `None` if several may.
pub fn why_one_thread(host: &GhcompHost) -> Option<Cow<'static, str>> {
    let why = (host.why_one_thread)();
    // SAFETY: a host answers null or a C string that stays valid and unchanged (see
    // `GhcompHost::why_one_thread`).
    (!why.is_null()).then(|| unsafe { CStr::from_ptr(why) }.to_string_lossy())
}

/// The host's answer to the question whether it takes events.
#[derive(Debug)]
pub enum Traces {
    /// It does, from now on.
    Yes,
    /// It does not know yet.
    NotYet,
    /// It does not; the text says why.
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

/// Threads that run the host's code on behalf of the runtime: in in-calls, and as masters
/// that run their own share of a region. The host counts them as busy threads of its own,
/// so [`busy`] subtracts them.
///
/// A server counts from its start to its end. Between two calls of a `Safe` closure it holds
/// nothing of the host's, and is subtracted all the same: beside such servers the answer of
/// [`busy`] may be too low by their number. To count each call apart would write this line
/// twice a call.
///
/// All threads write this one cache line, twice per region each. That costs little beside
/// an in-call, which takes a lock of the whole process.
static RUNNING_HOST_CODE: CachePadded<AtomicU32> = CachePadded::new(AtomicU32::new(0));

/// The calling thread begins to run the host's code on behalf of the runtime.
pub fn enter_host_code() {
    RUNNING_HOST_CODE.fetch_add(1, Ordering::Relaxed);
}

/// The calling thread has ended what it began by [`enter_host_code`].
pub fn leave_host_code() {
    RUNNING_HOST_CODE.fetch_sub(1, Ordering::Relaxed);
}

/// The child of a fork has one thread, and begins at 0. That thread may leave what it
/// entered in the parent. The count may then fall to -1; readers treat negative as 0.
pub(crate) static AT_FORK: AtFork = AtFork::new(&[], || {
    RUNNING_HOST_CODE.store(0, Ordering::Relaxed);
});

/// Processors on which the host's process computes now, apart from what it does on behalf
/// of the runtime. A hint.
pub fn busy() -> u32 {
    host().map_or(0, |host| {
        let ours = RUNNING_HOST_CODE.load(Ordering::Relaxed) as i32;
        (host.busy)().saturating_sub(ours.max(0) as u32)
    })
}

/// Microseconds for which [`recently_busy`] keeps an answer.
const MAX_AGE_US: u64 = 10;

/// The answer of [`busy`], perhaps some microseconds old. All waits ask this one: many
/// waiting threads ask again and again, and the host reads words that its own threads
/// write.
pub fn recently_busy() -> u32 {
    /// The answer (low 16 bits), and the time of the question in microseconds (the other
    /// bits). Relaxed: both are in one word, which is a hint.
    static LAST: CachePadded<AtomicU64> = CachePadded::new(AtomicU64::new(0));
    const ANSWER_MASK: u64 = u16::MAX as u64;
    if host().is_none() {
        return 0;
    }
    let now = clock::now() / 1000;
    let last = LAST.load(Ordering::Relaxed);
    if now.wrapping_sub(last >> 16) < MAX_AGE_US {
        return (last & ANSWER_MASK) as u32;
    }
    let busy = busy();
    LAST.store(
        now << 16 | u64::from(busy).min(ANSWER_MASK),
        Ordering::Relaxed,
    );
    busy
}

/// Threads that dynamic adjustment may take now, with the calling one. A hint.
pub fn idle() -> u32 {
    host().map_or(u32::MAX, |host| (host.idle)().max(1))
}

/// The version of [`GhcompHost`]'s layout. Every change of the table needs a new one.
const VERSION: u32 = 7;

static HOST: AtomicPtr<GhcompHost> = AtomicPtr::new(core::ptr::null_mut());

/// The registered host, or `None` when the process stands alone.
#[inline]
pub fn host() -> Option<&'static GhcompHost> {
    // SAFETY: `ghcomp_register_host` demands a table that lives for ever.
    unsafe { HOST.load(Ordering::Acquire).as_ref() }
}

/// Registers the host, normally from a load-time constructor. A null pointer or an unknown
/// `version` is refused with a message, and changes nothing.
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
