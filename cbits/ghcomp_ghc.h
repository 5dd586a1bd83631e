/*
 * For C programs that bring GHC along: what the library ghc-openmp offers to the C
 * part of a foreign library.  (The OpenMP API itself is in the compiler's omp.h.)
 */
#ifndef GHCOMP_GHC_H
#define GHCOMP_GHC_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * After this call the first OpenMP region starts GHC's runtime system (`hs_init_ghc`),
 * unless it is running.  It gets as many capabilities as the region would have threads
 * by default (OMP_NUM_THREADS, or omp_set_num_threads, or else the processors), and none
 * of GHC's signal handlers.  GHCRTS holds further options.  The end of the process
 * stops the runtime system (`hs_exit_nowait`), which writes what Haskell's handles
 * still hold.
 *
 * If the program itself has called `hs_init`, this library starts and stops nothing:
 * options and the number of capabilities are the program's.  The program's `hs_exit`
 * interrupts the Haskell that regions run.  Closures answer 0 from then on, so that
 * their kernels end, and `hs_exit` with them.  A `foreign export` asks GHC itself: if it
 * is called after that, it ends the program with status 1, or never returns.  So if a
 * kernel may be running when the program calls `hs_exit`, give it closures.
 *
 * Thread i of a first-level team calls Haskell on capability i, so
 * `omp_get_thread_num()` is the number of the capability.  In a team with more threads
 * than capabilities some threads share one, and GHC may move them.
 *
 * Call this before the first region, best from a constructor.  The runtime system must
 * be the threaded one (link with -threaded): otherwise the first region ends the
 * program with a message and status 1.  After `fork` the child cannot call Haskell.
 */
void ghcomp_ghc_boots(void);

#ifdef __cplusplus
}
#endif

#endif
