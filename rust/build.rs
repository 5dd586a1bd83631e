//! Compiles the C that stable Rust cannot express: the initial-exec
//! thread-local cell (see `cbits/tls.c`) and the variadic entry points (see
//! `cbits/variadic.c` and `cbits/microtask.c`), and types that it lacks (see
//! `cbits/atomics.c`).

fn main() {
    println!("cargo:rerun-if-changed=../cbits/tls.c");
    println!("cargo:rerun-if-changed=../cbits/variadic.c");
    println!("cargo:rerun-if-changed=../cbits/microtask.c");
    println!("cargo:rerun-if-changed=../cbits/atomics.c");
    // Hundreds of small functions that few programs call: small, and without tables for
    // unwinding, because they call nothing that could unwind.
    cc::Build::new()
        .file("../cbits/atomics.c")
        .opt_level_str("s")
        .flag("-fwrapv")
        .flag_if_supported("-fno-asynchronous-unwind-tables")
        .flag_if_supported("-fvisibility=hidden")
        .warnings(true)
        .extra_warnings(true)
        .compile("ghcomp_atomics");
    cc::Build::new()
        .file("../cbits/tls.c")
        .file("../cbits/variadic.c")
        .file("../cbits/microtask.c")
        .flag_if_supported("-fvisibility=hidden")
        .warnings(true)
        .extra_warnings(true)
        .compile("ghcomp_tls");
}
