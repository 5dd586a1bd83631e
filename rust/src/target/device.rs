//! `default-device-var`, and which device numbers mean the host (OpenMP 5.2,
//! 1.2.1, 3 and 18.7).

pub use crate::icv::device_numbers::{COUNT, DEFAULT, INITIAL, INVALID};
use crate::icv::{self, TargetOffload};
use crate::messages;
use crate::team::register::current;
use core::ffi::c_int;

/// `default-device-var` of the current task.
pub fn default_device() -> c_int {
    current().fresh_context().task.icv.get().default_device
}

/// Sets `default-device-var` of the current task; `omp_default_device` changes
/// nothing.
pub fn set_default_device(number: c_int) {
    if number != DEFAULT {
        let task = current().fresh_context().task;
        task.icv.set(icv::Icv {
            default_device: number,
            ..task.icv.get()
        });
    }
}

/// Whether a number means the host.
pub fn means_host(number: c_int) -> bool {
    match number {
        DEFAULT => means_host(default_device()),
        _ => number == INITIAL || number == COUNT,
    }
}

/// Whether a device number of the program is the host's. If it is not, this ends the
/// program for `omp_invalid_device`, and for any number if offloading is mandatory
/// (`OMP_TARGET_OFFLOAD=mandatory`).
pub fn is_host(number: c_int) -> bool {
    if means_host(number) {
        return true;
    }
    let number = match number {
        DEFAULT => default_device(),
        _ => number,
    };
    let mandatory = icv::target_offload::target_offload() == TargetOffload::Mandatory;
    if number < 0 && mandatory {
        messages::fatal(
            "OMP_TARGET_OFFLOAD is set to MANDATORY, but only the host device is available",
        );
    }
    if number == INVALID {
        messages::fatal("omp_invalid_device encountered");
    }
    if mandatory {
        messages::fatal("OMP_TARGET_OFFLOAD is set to MANDATORY, but device not found");
    }
    false
}
