//! Where the user's code called the runtime.
//!
//! Nothing is recorded at the entries, so that they cost nothing without a tool. With one, the
//! stack is unwound from the point that tells the tool, up to the first frame that is not the
//! runtime's. `rust/merge.sh` puts the runtime's code into one section, and marks its ends.

use crate::points;
use core::ffi::{c_int, c_void};
use core::ptr::null;

/// The place of a call of the runtime.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// The return address in the user's code; null if there is none, as in a worker.
    pub code: *const c_void,
    /// The canonical address of the runtime's first frame; 0 if it was not found.
    pub frame: usize,
}

impl Site {
    /// No user's code.
    pub const NONE: Site = Site {
        code: null(),
        frame: 0,
    };

    /// An address in the runtime's first frame: the slot of its return address.
    pub fn in_first_frame(&self) -> usize {
        self.frame.saturating_sub(size_of::<usize>())
    }
}

enum Context {}

extern "C" {
    fn _Unwind_Backtrace(
        visit: unsafe extern "C" fn(*mut Context, *mut c_void) -> c_int,
        argument: *mut c_void,
    ) -> c_int;
    fn _Unwind_GetIP(context: *mut Context) -> usize;
    fn _Unwind_GetCFA(context: *mut Context) -> usize;
    /// The first address of the runtime's code, and the one behind the last; zeros if it was
    /// not merged.
    static ghcomp_text: [usize; 2];
}

core::arch::global_asm!(
    ".weak ghcomp_text_begin",
    ".weak ghcomp_text_end",
    ".hidden ghcomp_text_begin",
    ".hidden ghcomp_text_end",
    ".pushsection .data.rel.ro.ghcomp_text, \"aw\"",
    ".balign 8",
    ".globl ghcomp_text",
    ".hidden ghcomp_text",
    "ghcomp_text:",
    ".quad ghcomp_text_begin",
    ".quad ghcomp_text_end",
    ".popsection",
);

/// `_URC_NO_REASON`: go on. Any other number ends the walk.
const GO_ON: c_int = 0;
const STOP: c_int = 4;

struct Walk {
    site: Site,
    /// Whether a frame of the runtime was seen; those of the unwinder come first.
    inside: bool,
}

unsafe extern "C" fn visit(context: *mut Context, walk: *mut c_void) -> c_int {
    // SAFETY: the unwinder calls this with its context and our argument; the bounds are
    // constant.
    unsafe {
        let walk = &mut *walk.cast::<Walk>();
        let [begin, end] = ghcomp_text;
        let code = _Unwind_GetIP(context);
        if (begin..end).contains(&code) {
            walk.inside = true;
            return GO_ON;
        }
        if !walk.inside {
            return GO_ON;
        }
        walk.site = Site {
            code: code as *const c_void,
            frame: _Unwind_GetCFA(context),
        };
        STOP
    }
}

/// [`here`], if the tool wants events of this kind.
pub fn wanted(kind: u32) -> Option<Site> {
    points::has_tool(kind).then(here)
}

/// The place from which the calling thread called the runtime.
#[cold]
#[inline(never)]
pub fn here() -> Site {
    let mut walk = Walk {
        site: Site::NONE,
        inside: false,
    };
    // SAFETY: `visit` gets the walk, which lives meanwhile.
    unsafe { _Unwind_Backtrace(visit, core::ptr::from_mut(&mut walk).cast()) };
    walk.site
}
