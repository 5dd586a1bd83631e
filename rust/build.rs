//! Compiles the C that stable Rust cannot express: the initial-exec
//! thread-local cell (see `cbits/tls.c`) and the variadic entry points (see
//! `cbits/variadic.c` and `cbits/microtask.c`).

fn main() {
    println!("cargo:rerun-if-changed=../cbits/tls.c");
    println!("cargo:rerun-if-changed=../cbits/variadic.c");
    println!("cargo:rerun-if-changed=../cbits/microtask.c");
    cc::Build::new()
        .file("../cbits/tls.c")
        .file("../cbits/variadic.c")
        .file("../cbits/microtask.c")
        .flag_if_supported("-fvisibility=hidden")
        .warnings(true)
        .extra_warnings(true)
        .compile("ghcomp_tls");
}
