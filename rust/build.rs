//! Compiles the C that stable Rust cannot express: the initial-exec
//! thread-local cell (see `cbits/tls.c`).

fn main() {
    println!("cargo:rerun-if-changed=../cbits/tls.c");
    cc::Build::new()
        .file("../cbits/tls.c")
        .flag_if_supported("-fvisibility=hidden")
        .warnings(true)
        .extra_warnings(true)
        .compile("ghcomp_tls");
}
