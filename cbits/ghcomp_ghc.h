/*
 * For C programs that bring GHC: what the library ghc-openmp has for the C part
 * of a foreign library.  (The OpenMP API itself is in the compiler's omp.h.)
 */
#ifndef GHCOMP_GHC_H
#define GHCOMP_GHC_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * From now on the first OpenMP region starts GHC's runtime system
 * (`hs_init_ghc`) unless it is running: with as many capabilities as the region
 * would have threads by default (OMP_NUM_THREADS, or omp_set_num_threads, else
 * the processors), and without GHC's signal handlers.  GHCRTS holds further
 * options.  The process's end stops it again (`hs_exit_nowait`), which writes
 * what Haskell's handles still hold.  If the program itself has called
 * `hs_init`, nothing is started or stopped: options and count are the
 * program's.  Its `hs_exit` interrupts the Haskell that regions run: closures answer
 * 0 from then on, so that their kernels end.  (A `foreign export` that is called
 * later ends the program with status 1, as GHC has it.)
 *
 * Thread i of a first-level team calls Haskell on capability i, so
 * `omp_get_thread_num()` is the number of the capability; in a team with more
 * threads than capabilities some share one, and GHC may move them.
 *
 * Call it before the first region, best from a constructor.  The runtime system
 * must be the threaded one (link with -threaded): else the first region ends
 * the program with a message and status 1.  After `fork` the child cannot call
 * Haskell.
 */
void ghcomp_ghc_boots(void);

#ifdef __cplusplus
}
#endif

#endif
