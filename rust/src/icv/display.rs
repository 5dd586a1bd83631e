//! Values as libgomp displays them.

use super::{Bind, Kind, Schedule, TargetOffload, WaitPolicy};
use std::fmt::{Display, Formatter, Result};

impl Display for Schedule {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.monotonic != (self.kind == Kind::Static) {
            f.write_str(if self.monotonic {
                "MONOTONIC:"
            } else {
                "NONMONOTONIC:"
            })?;
        }
        let (name, default) = match self.kind {
            Kind::Static => ("STATIC", 0),
            Kind::Dynamic => ("DYNAMIC", 1),
            Kind::Guided => ("GUIDED", 1),
            Kind::Auto => ("AUTO", self.chunk),
        };
        f.write_str(name)?;
        if self.chunk != default {
            write!(f, ",{}", self.chunk)?;
        }
        Ok(())
    }
}

impl Display for Bind {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Bind::False => "FALSE",
            Bind::True => "TRUE",
            Bind::Primary => "MASTER",
            Bind::Close => "CLOSE",
            Bind::Spread => "SPREAD",
        })
    }
}

impl Display for WaitPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            WaitPolicy::Active => "ACTIVE",
            WaitPolicy::Passive => "PASSIVE",
        })
    }
}

impl Display for TargetOffload {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            TargetOffload::Default => "DEFAULT",
            TargetOffload::Mandatory => "MANDATORY",
            TargetOffload::Disabled => "DISABLED",
        })
    }
}
