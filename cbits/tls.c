/*
 * The one thread-local word of the runtime: the OS thread's record.
 *
 * Stable Rust cannot ask for the initial-exec model; in a shared object its
 * thread-locals cost a call of __tls_get_addr each.  Eight bytes fit into the
 * static TLS surplus that every loader keeps, so dlopen (GHCi, Template
 * Haskell, LD_PRELOAD) works too.
 *
 * Read by rust/src/team/current.rs, by two instructions where the assembler
 * syntax is known and through ghcomp_thread_cell elsewhere.
 */
__attribute__((visibility("hidden"), tls_model("initial-exec")))
_Thread_local void *ghcomp_thread;

/* The address of the calling thread's cell. */
__attribute__((visibility("hidden")))
void **ghcomp_thread_cell(void)
{
    return &ghcomp_thread;
}
