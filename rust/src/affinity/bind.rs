//! The values of `bind-var`.

use crate::c_enum::c_enum;
use std::fmt::{Display, Formatter, Result};

c_enum! {
    /// `bind-var`, and the `proc_bind` clause: the values of `omp_proc_bind_t`.
    pub enum ProcBind {
        /// Threads are not bound to places.
        False = 0,
        /// Threads are bound; the runtime chooses how (as `Close`).
        True = 1,
        /// All threads go to the place of the team's primary thread.
        Primary = 2,
        /// Threads go to places close to the primary thread's.
        Close = 3,
        /// Threads are spread over the places.
        Spread = 4,
    }
}

impl Display for ProcBind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            ProcBind::False => "FALSE",
            ProcBind::True => "TRUE",
            ProcBind::Primary => "MASTER",
            ProcBind::Close => "CLOSE",
            ProcBind::Spread => "SPREAD",
        })
    }
}
