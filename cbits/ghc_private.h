/*
 * Questions about GHC's runtime system (RTS) that its public interface does not
 * answer.  ghc_private.c answers them and says for each what is lost where it
 * cannot.  The other files of cbits use only what GHC's installed headers declare.
 */
#include "Rts.h"
#include <stdbool.h>

#ifndef HIDDEN
#define HIDDEN __attribute__((visibility("hidden")))
#endif

/* 1 if the private side is on: it knows this RTS, and the self-test has not failed.
 * 0 also before hs_init.  Not hidden, because the tests ask too. */
int ghcomp_private_is_on(void);

/* The calling thread holds a capability: it is in an unsafe call.  Ends the
 * self-test. */
void ghcomp_private_test_here(void) HIDDEN;

/* Capabilities in use now; 0 if that is unknown. */
uint32_t ghcomp_private_in_use(void) HIDDEN;

/* The same without the calling thread's own capability. */
uint32_t ghcomp_private_in_use_by_others(void) HIDDEN;

/* Whether the calling OS thread holds a capability; false if that is unknown. */
bool ghcomp_private_holds_capability(void) HIDDEN;

/* The calling OS thread has said to which capability its in-calls go. */
void ghcomp_private_thread_is_known(void) HIDDEN;

/* Whether the RTS has begun to end; false if that is unknown. */
bool ghcomp_private_rts_ends(void) HIDDEN;

/* Whether the program's main is Haskell. */
bool ghcomp_private_main_is_haskell(void) HIDDEN;

/* Writes a text into the eventlog, as a user marker or a user message, where no
 * primitive can be called: after the last Haskell thread.  False if it cannot. */
bool ghcomp_private_post(Capability *cap, bool is_marker, char *text) HIDDEN;
