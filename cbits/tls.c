/*
 * The runtime's one thread-local word: a pointer to the OS thread's record.
 *
 * Stable Rust cannot ask for the initial-exec model.  In a shared object each access to
 * one of its thread-locals would call __tls_get_addr.  Eight bytes fit into the static
 * TLS surplus that every loader keeps, so dlopen (GHCi, Template Haskell, LD_PRELOAD)
 * works too.
 *
 * rust/src/team/cell.rs reads the word: by two instructions where it knows the
 * assembler's syntax, and through ghcomp_thread_cell elsewhere.
 */
__attribute__((visibility("hidden"), tls_model("initial-exec")))
_Thread_local void *ghcomp_thread;

/* The address of the calling thread's cell. */
__attribute__((visibility("hidden")))
void **ghcomp_thread_cell(void)
{
    return &ghcomp_thread;
}
