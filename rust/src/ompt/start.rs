//! Finding the tool and starting it (OpenMP 5.2, 19.2).
//!
//! A tool is a function `ompt_start_tool`: of the program or a library that it loaded, else of
//! one of `OMP_TOOL_LIBRARIES`. The first thread that gets a record looks for it. A program
//! with raised rights takes none from the environment.
//!
//! # Protocol
//!
//! | `STATE` | who | ordering |
//! |---------|-----|----------|
//! | `NEW` -> `STARTING` | the first thread | relaxed |
//! | `STARTING` -> `NONE`, `ACTIVE` | the same | release |
//! | `ACTIVE` -> `NONE` | the thread that ends the tool, once | acquire, release |
//! | read | any thread; it waits while the word is `STARTING` | acquire |
//!
//! The child of a fork in `STARTING` has no tool.

use crate::icv;
use crate::icv::device_numbers;
use crate::messages;
use crate::ompt::callbacks;
use crate::points;
use crate::sync::mutex::AtFork;
use core::ffi::{c_char, c_int, c_uint, c_void, CStr};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::ffi::CString;
use std::fs::File;
use std::io::Write;
use std::os::fd::FromRawFd;

/// `ompt_start_tool_result_t`.
#[repr(C)]
struct Tool {
    initialize: unsafe extern "C" fn(lookup: Lookup, device: c_int, data: *mut u64) -> c_int,
    finalize: Option<unsafe extern "C" fn(data: *mut u64)>,
    data: u64,
}

/// Answers with the function of a name (`ompt_function_lookup_t`).
pub type Lookup = unsafe extern "C" fn(*const c_char) -> *const c_void;

type StartTool = unsafe extern "C" fn(version: c_uint, runtime: *const c_char) -> *mut Tool;

const NEW: u32 = 0;
const STARTING: u32 = 1;
const NONE: u32 = 2;
const ACTIVE: u32 = 3;

static STATE: AtomicU32 = AtomicU32::new(NEW);
static TOOL: AtomicPtr<Tool> = AtomicPtr::new(null_mut());

/// In the child of a fork while the tool was starting.
pub(crate) static AT_FORK: AtFork = AtFork::new(&[], || {
    let _ = STATE.compare_exchange(STARTING, NONE, Ordering::Relaxed, Ordering::Relaxed);
});

/// Whether there is a tool. The first call looks for it; it gives the tool `lookup`, and has
/// `finalize` called when the process ends.
pub fn has_tool_after(lookup: Lookup, finalize: extern "C" fn()) -> bool {
    match STATE.load(Ordering::Acquire) {
        NONE => false,
        ACTIVE => true,
        _ => {
            bring_in(lookup, finalize);
            has_tool()
        }
    }
}

#[cold]
fn bring_in(lookup: Lookup, finalize: extern "C" fn()) {
    if STATE
        .compare_exchange(NEW, STARTING, Ordering::Relaxed, Ordering::Relaxed)
        .is_ok()
    {
        let state = if find(lookup, finalize) { ACTIVE } else { NONE };
        STATE.store(state, Ordering::Release);
    }
    while STATE.load(Ordering::Acquire) == STARTING {
        std::thread::yield_now();
    }
}

/// Whether there is a tool.
pub fn has_tool() -> bool {
    !TOOL.load(Ordering::Acquire).is_null()
}

extern "C" {
    /// The address of the program's `ompt_start_tool`, or null. A program that is linked
    /// statically has no other way to find it.
    static ghcomp_start_tool: Option<StartTool>;
}

core::arch::global_asm!(
    ".weak ompt_start_tool",
    ".pushsection .data.rel.ro.ghcomp_start_tool, \"aw\"",
    ".balign 8",
    ".globl ghcomp_start_tool",
    ".hidden ghcomp_start_tool",
    "ghcomp_start_tool:",
    ".quad ompt_start_tool",
    ".popsection",
);

/// Another descriptor of an open file. The standard library's `stdout` is made at its first
/// use, which a fork must not copy.
fn descriptor(number: c_int) -> Option<File> {
    // SAFETY: only makes a descriptor, which nobody else has.
    unsafe {
        let copy = libc::dup(number);
        (copy >= 0).then(|| File::from_raw_fd(copy))
    }
}

/// Where the log of the search goes (`OMP_TOOL_VERBOSE_INIT`).
struct Log(Option<File>);

impl Log {
    fn of(wanted: Option<&str>) -> Log {
        Log(match wanted.map(str::trim) {
            None | Some("disabled" | "DISABLED" | "") => None,
            Some("stdout" | "STDOUT") => descriptor(1),
            Some("stderr" | "STDERR") => descriptor(2),
            Some(file) => match File::create(file) {
                Ok(file) => Some(file),
                Err(error) => {
                    messages::tell(format_args!("OMP_TOOL_VERBOSE_INIT: {file}: {error}"));
                    None
                }
            },
        })
    }

    fn line(&mut self, text: std::fmt::Arguments) {
        if let Some(to) = &mut self.0 {
            let _ = writeln!(to, "ghcomp: tool: {text}");
        }
    }
}

/// Finds the tool and starts it.
fn find(lookup: Lookup, finalize: extern "C" fn()) -> bool {
    let globals = icv::globals();
    let mut log = Log::of(globals.tool_verbose_init.as_deref());
    if !globals.tool {
        log.line(format_args!("OMP_TOOL is disabled"));
        return false;
    }
    // SAFETY: constant; and the loader's own function, with a constant name.
    let own = unsafe {
        ghcomp_start_tool.or_else(|| {
            let found = libc::dlsym(libc::RTLD_DEFAULT, c"ompt_start_tool".as_ptr());
            core::mem::transmute::<*mut c_void, Option<StartTool>>(found)
        })
    };
    match own {
        None => log.line(format_args!("the program has no ompt_start_tool")),
        Some(function) => {
            log.line(format_args!("the program has an ompt_start_tool"));
            if start(function, lookup, finalize, &mut log) {
                return true;
            }
        }
    }
    let libraries = globals.tool_libraries.as_deref().unwrap_or("");
    for library in libraries.split(':').filter(|library| !library.is_empty()) {
        if let Some(function) = of_library(library, &mut log) {
            if start(function, lookup, finalize, &mut log) {
                return true;
            }
        }
    }
    log.line(format_args!("no tool"));
    false
}

/// The `ompt_start_tool` of a library.
fn of_library(library: &str, log: &mut Log) -> Option<StartTool> {
    let name = CString::new(library).ok()?;
    // SAFETY: C strings; the library's constructors are the user's choice.
    unsafe {
        let handle = libc::dlopen(name.as_ptr(), libc::RTLD_LAZY);
        if handle.is_null() {
            let why = libc::dlerror();
            let why = if why.is_null() {
                "it cannot be loaded".into()
            } else {
                CStr::from_ptr(why).to_string_lossy()
            };
            log.line(format_args!("{library}: {why}"));
            return None;
        }
        let found = libc::dlsym(handle, c"ompt_start_tool".as_ptr());
        if found.is_null() {
            log.line(format_args!("{library}: it has no ompt_start_tool"));
            libc::dlclose(handle);
            return None;
        }
        log.line(format_args!("{library}: it has an ompt_start_tool"));
        Some(core::mem::transmute::<*mut c_void, StartTool>(found))
    }
}

/// Starts the tool. False if it does not want to run.
fn start(function: StartTool, lookup: Lookup, finalize: extern "C" fn(), log: &mut Log) -> bool {
    const VERSION: c_uint = 202_111;
    let runtime = concat!("ghcomp ", env!("CARGO_PKG_VERSION"), "\0");
    // SAFETY: the tool's function, called as the specification says.
    let tool = unsafe { function(VERSION, runtime.as_ptr().cast()) };
    if tool.is_null() {
        log.line(format_args!("ompt_start_tool answers null"));
        return false;
    }
    TOOL.store(tool, Ordering::Release);
    // Every thread, region and task has its record from here on.
    points::tool(points::REGIONS | points::TASKS);
    // SAFETY: the record is the tool's, and stays.
    let accepts =
        unsafe { ((*tool).initialize)(lookup, device_numbers::COUNT, &raw mut (*tool).data) };
    if accepts == 0 {
        log.line(format_args!("the tool's initialize answers 0"));
        no_tool();
        return false;
    }
    log.line(format_args!("the tool is active"));
    // SAFETY: the handler is part of the library, which is never unloaded.
    unsafe { libc::atexit(finalize) };
    true
}

fn no_tool() -> *mut Tool {
    callbacks::clear();
    points::no_tool();
    TOOL.swap(null_mut(), Ordering::AcqRel)
}

/// The tool ends.
pub fn end() {
    let tool = TOOL.swap(null_mut(), Ordering::AcqRel);
    STATE.store(NONE, Ordering::Release);
    // SAFETY: the record is the tool's, and stays.
    if let Some(tool) = unsafe { tool.as_mut() } {
        if let Some(finalize) = tool.finalize {
            // SAFETY: the tool's function, called once.
            unsafe { finalize(&raw mut tool.data) };
        }
    }
    no_tool();
}
