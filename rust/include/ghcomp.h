/*
 * ghcomp.h: what the ghc-openmp runtime offers beside libgomp's ABI.
 * Made by cbindgen from rust/src; do not edit.  `make header` makes it anew.
 */

#ifndef GHCOMP_H
#define GHCOMP_H

#include <stdint.h>

/*
 One call: what the kernel passed, and what it gets. The assembly and the
 host know the offsets.
 */
typedef struct ghcomp_frame {
  /*
   The host's word for the closure; null if the pointer was stopped.
   */
  void *target;
  /*
   The result, if it is an integer or a pointer.
   */
  uint64_t integer_result;
  /*
   The result, if it is a double.
   */
  double double_result;
  /*
   The arguments of the integer class, in order. Upper halves of narrower
   arguments are undefined.
   */
  uint64_t integers[6];
  /*
   The arguments that are doubles, in order.
   */
  double doubles[8];
} ghcomp_frame;

/*
 The answers of a host, as a C table. The runtime may call each function from
 any thread. Only `serve`, `call`, `boot` and `trace` may call the runtime; the
 others answer at once and may not.
 */
typedef struct ghcomp_host {
  /*
   The layout of this table: 6.
   */
  uint32_t version;
  /*
   Threads a team gets when neither the program nor the environment says;
   0 for no opinion.
   */
  uint32_t (*default_team_size)(void);
  /*
   Processors that the host's threads compute on now, those in `serve`,
   `call` and bodies of regions included. A hint: waiting threads leave them
   alone.
   */
  uint32_t (*busy)(void);
  /*
   Threads, the calling one included, for which there are processors that
   nobody in the host's process computes on now; 4294967295 if all are idle
   or nothing is known. A hint: dynamic adjustment takes no more.
   */
  uint32_t (*idle)(void);
  /*
   1 if several OS threads may run Haskell at once, else 0.
   */
  int32_t (*haskell_bodies)(void);
  /*
   The calling OS thread is about to run Haskell as OpenMP thread `num` of
   a first-level team of `team_size` threads. `num` 4294967295: it is done
   with that.
   */
  void (*bind)(uint32_t num, uint32_t team_size);
  /*
   Answers the calls of a kernel, the first of which lies in the frame:
   answers it, then calls `ghcomp_callback_resume(frame, held)`, and so on
   until that says 3 (END). It may call the runtime.
   */
  void (*serve)(struct ghcomp_frame *frame);
  /*
   Answers the one call that lies in the frame. It may call the runtime.
   */
  void (*call)(struct ghcomp_frame *frame);
  /*
   Null where the host was there before OpenMP. Else the process is a C
   program that brings its host along: a thread at level 0 calls this before
   its first region, and perhaps again before others; `dyn-var` is false
   unless somebody sets it; and `bind` is told of every thread of a
   first-level team, whatever its body is.
   */
  void (*boot)(void);
  /*
   The environment asks for a trace, and there is a first event. The host
   gets ready to take events with `ghcomp_hs_trace_next`. It answers null if
   it takes them from now on, and an empty text if it cannot say yet: then
   the next event asks again. Any other answer is the sentence that tells the
   user why nothing is traced; it is UTF-8 and stays valid and unchanged. The
   function may wait a little. Null: the host takes no events.
   */
  const char *(*trace)(void);
} ghcomp_host;

/*
 What a thread of the region calls: the region's data, the thread's number,
 the team's size.
 */
typedef void (*ghcomp_hs_body)(void*, unsigned int, unsigned int);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 Registers the host, normally from a load-time constructor. A null pointer
 or an unknown `version` is refused with a message and changes nothing.

 # Safety

 `host` must be null or point to a table that stays valid and unchanged for
 the rest of the process.
 */
void ghcomp_register_host(const struct ghcomp_host *host);

/*
 Runs `body(data, thread number, team size)` on each thread of a new team,
 and returns when all have ended.

 `num_threads`: as the clause of `parallel`; 0 for the size in force.
 `kind` (0 runtime, 1 static, 2 dynamic, 3 guided, 4 auto) and `chunk` (0 for
 the kind's default) are the schedule of the region's loop of `trip`
 iterations, which the threads take by `ghcomp_hs_next`.

 If the host cannot run Haskell on several OS threads, the team has one
 thread, and stderr says so once.

 Returns the size of the team.

 # Safety

 `body(data, ..)` must be callable from several threads at once.
 */
unsigned int ghcomp_hs_parallel(ghcomp_hs_body body,
                                void *data,
                                unsigned int num_threads,
                                unsigned int kind,
                                uint64_t chunk,
                                uint64_t trip);

/*
 Begins a region of one thread, the calling one, if the region that the
 arguments describe would have no more (1), or does nothing (0). The caller
 runs the body itself, on this thread, and calls [`ghcomp_hs_end_at_once`], or
 [`ghcomp_hs_end`] with null. Arguments as `ghcomp_hs_parallel`.

 For an unsafe call (Note \[Unsafe calls\]): 0 also where it would have to wait.
 */
int ghcomp_hs_begin_alone(unsigned int num_threads,
                          unsigned int kind,
                          uint64_t chunk,
                          uint64_t trip);

/*
 Begins a region on behalf of a bound Haskell thread: the other threads of
 the team start with `body(data, thread number, team size)`; the caller runs
 the share of thread 0 itself and then calls [`ghcomp_hs_end`] with the
 answer. `capability` is the one that the caller is on: thread i goes to the
 ith after it. Other arguments as `ghcomp_hs_parallel`.

 # Safety

 `body(data, ..)` must be callable from several threads at once, until
 `ghcomp_hs_end` returns.
 */
struct Region *ghcomp_hs_begin(ghcomp_hs_body body,
                               void *data,
                               unsigned int capability,
                               unsigned int num_threads,
                               unsigned int kind,
                               uint64_t chunk,
                               uint64_t trip);

/*
 As [`ghcomp_hs_begin`], for an unsafe call (Note \[Unsafe calls\]): null where
 it would have to wait, and nothing was done. So it is where the thread has not
 had a team of this size for its last region, or another thread uses that now.

 # Safety

 As for [`ghcomp_hs_begin`].
 */
struct Region *ghcomp_hs_begin_at_once(ghcomp_hs_body body,
                                       void *data,
                                       unsigned int capability,
                                       unsigned int num_threads,
                                       unsigned int kind,
                                       uint64_t chunk,
                                       uint64_t trip);

/*
 Ends the region that the calling thread began by [`ghcomp_hs_begin`], when
 all threads have ended their shares; or by [`ghcomp_hs_begin_alone`] (null).

 # Safety

 `region` must come from the innermost of those calls that was not ended yet.
 */
void ghcomp_hs_end(struct Region *region);

/*
 Ends the region that the calling thread began by [`ghcomp_hs_begin_alone`] (1).

 For an unsafe call (Note \[Unsafe calls\]): 0 where it would have to wait, and
 nothing was done. So it is where C has deferred a task, which another thread is
 perhaps to fulfil.
 */
int ghcomp_hs_end_at_once(void);

/*
 `omp_get_thread_num()`, for an unsafe call: a thread that is not known has 0.
 */
int ghcomp_hs_thread_number(void);

/*
 Takes at most `most` (at least 1) iterations of the region's loop: stores
 the first and the one after the last, counted from 0, into `chunk[0]` and
 `chunk[1]` and answers 1; or answers 0 when the calling thread gets no more.
 Only inside a body of `ghcomp_hs_parallel`; never blocks.

 # Safety

 `chunk` must be valid for two writes.
 */
int ghcomp_hs_next(uint64_t *chunk, uint64_t most);

/*
 Makes the calls of a block, in order. The block is a sequence of calls, each
 of these words:

 - the function, in whose place the result is put;
 - the shape: integer arguments (0 to 6) in bits 0 to 7, floating-point
   arguments (0 to 8) in bits 8 to 15, bit 16 if the result is floating-point;
 - the integer arguments;
 - the floating-point arguments.

 # Safety

 `block` to `end` must hold such calls, of functions that may be called with
 such arguments. Up to 7 words after `end` are read (and not used), since
 each call fills the registers of its prototype.
 */
void ghcomp_hs_batch_run(uint64_t *block, const uint64_t *end);

/*
 Calls the function so many times.

 # Safety

 The function must take nothing.
 */
void ghcomp_hs_batch_repeat(void (*function)(void), uint64_t count);

/*
 Applies the function to each element of `input` and puts the results into
 `output`, `count` each. `kinds`: the argument's kind, plus 16 times the
 result's. Kinds: 0 to 3, signed integers of 8, 16, 32, 64 bits; 4 to 7,
 unsigned ones; 8 `float`; 9 `double`; 10 nothing (results only).

 # Safety

 The function must be of these types, the arrays of so many elements.
 */
void ghcomp_hs_batch_map(const void *function,
                         uint64_t kinds,
                         size_t count,
                         const void *input,
                         void *output);

/*
 Sets `nthreads-var` (at least 1) of all initial tasks of the process,
 present and to come.
 */
void ghcomp_hs_set_num_threads(uint32_t n);

/*
 `nthreads-var` of the calling thread's current task: the threads that a region
 without a number of its own asks for. Unlike `omp_get_max_threads`, this leaves
 `dyn-var` alone: a region may get fewer.
 */
uint32_t ghcomp_hs_max_threads(void);

/*
 Sets `dyn-var` of all initial tasks of the process: 0 is false, all else true.
 */
void ghcomp_hs_set_dynamic(int32_t on);

/*
 Sets `max-active-levels-var` of all initial tasks of the process, to at most the
 supported levels.
 */
void ghcomp_hs_set_max_active_levels(uint32_t levels);

/*
 Sets `run-sched-var` of all initial tasks of the process. `kind`: 1 static, 2
 dynamic, 3 guided, 4 auto; any other number changes nothing. `chunk`: at most
 2^31 - 1; 0 stands for the kind's default.
 */
void ghcomp_hs_set_schedule(uint32_t kind, uint32_t chunk);

/*
 The number of forks between the first process and this one. A child of a fork
 sees by it that it must start things anew.
 */
uint32_t ghcomp_hs_fork_generation(void);

/*
 Whether the runtime knows the calling thread. If so, the thread's queries take no
 lock (Note \[Unsafe calls\]).
 */
int32_t ghcomp_hs_is_known(void);

/*
 Makes the calling thread known to the runtime.
 */
void ghcomp_hs_make_known(void);

/*
 What the calling thread's member keeps for its tasks: the last value given
 to `ghcomp_hs_tasks_enter` by this member in this region, or null.
 */
void *ghcomp_hs_tasks_here(void);

/*
 The calling thread's member serves tasks from now on (null: no more).
 */
void ghcomp_hs_tasks_enter(void *context);

/*
 Counts a task of a group that the calling thread is about to put where
 others find it; `num` is this thread's number.

 # Safety

 As for [`ghcomp_hs_task_executed`].
 */
void ghcomp_hs_task_created(uint64_t *group, unsigned int num);

/*
 The calling thread has put a task where others find it: wakes somebody.
 */
void ghcomp_hs_task_offered(void);

/*
 A task of the group was executed by the calling thread: if it was the last
 one, wakes those who wait.

 # Safety

 `group` must be valid for the tallies (64 bytes each, at first zero) of the
 calling thread's team, and be passed by its members only.
 */
void ghcomp_hs_task_executed(uint64_t *group);

/*
 Whether all tasks of the group have been executed.

 # Safety

 As for [`ghcomp_hs_task_executed`].
 */
int ghcomp_hs_tasks_over(uint64_t *group);

/*
 Wakes the members that wait for something in particular (`all` 0), or every
 sleeping member.
 */
void ghcomp_hs_tasks_wake(int all);

/*
 The calling thread will sleep unless it finds something when it looks once
 more: for any task (`idle` not 0), or for something in particular.
 */
void ghcomp_hs_tasks_prepare(int idle);

/*
 It found something.
 */
void ghcomp_hs_tasks_cancel(void);

/*
 The calling thread was woken to search, and has found a task or has not.
 */
void ghcomp_hs_tasks_searched(int found);

/*
 It did not: sleeps until it is woken, and answers 1, or 2 if it was woken to
 search for a task and is to say how that went (`ghcomp_hs_tasks_searched`);
 or answers 0 at once because all other members sleep already. An idle member
 executes the team's C tasks meanwhile.
 */
int ghcomp_hs_tasks_sleep(int idle);

/*
 Traces from now on just what is in `kinds`, a sum of 2 (regions), 4 (loops),
 8 (tasks) and 16 (waits); 0: nothing. The caller takes care that
 [`ghcomp_hs_trace_next`] is called now and then, until it answers 0 after the
 last call with 0.
 */
void ghcomp_hs_trace(unsigned int kinds);

/*
 What is traced now, likewise.
 */
unsigned int ghcomp_hs_traced(void);

/*
 Writes the text of the next event ([`crate::trace::event`]), with a NUL
 behind it, into `text`, which has room for `size` bytes (at least 96; a text
 that is longer is cut). Answers 0 when there is none, 1 for an event, 2 for a
 marker. One thread at a time gets the events in order.

 # Safety

 `text` must be valid for writes of `size` bytes, `size` be at least 1.
 */
int ghcomp_hs_trace_next(char *text, size_t size);

/*
 A C function pointer whose calls the host answers for `target` (not null).
 It may be called with up to six arguments of the integer class and eight
 doubles; `wide` says whether there are more than three of the one or one of
 the other. Its result is an integer or a double, as the caller takes it.

 Null if all pointers (1024) are in use, or on a machine for which there is
 no assembly. To be given back by `ghcomp_callback_free`.
 */
const void *ghcomp_callback_new(void *target, int wide);

/*
 From now on calls of the pointer answer 0 and do not reach the host, and
 cut the loop that they are in short where the runtime hands out its chunks.
 Calls that are being answered are not disturbed.

 # Safety

 `pointer` must come from `ghcomp_callback_new` and not have been given back.
 */
void ghcomp_callback_stop(const void *pointer);

/*
 Gives the pointer back. Answers 1 if a call of it was refused because the
 host cannot run on the thread that made it, else 0.

 # Safety

 As `ghcomp_callback_stop`; and nobody calls the pointer any more.
 */
int ghcomp_callback_free(const void *pointer);

/*
 Switches from the server that has this frame to the kernel, whose call
 gets the frame's results. `held`: 1 if the calling thread has something
 in its hands that others wait for, else 0. Comes back when the kernel
 calls the next time (1, CALL: the frame holds the call), before it blocks
 (2, BLOCK: resume it with `held` 0) or when the region is over (3, END).
 For `GhcompHost::serve` alone.
 */
extern uint32_t ghcomp_callback_resume(struct ghcomp_frame *frame, uint32_t held);

/*
 Cuts the loop short in which the call is that is being answered: no thread
 gets another chunk of it from the runtime. Chunks that threads have, and
 loops whose iterations the compiler dealt out, go on.
 */
void ghcomp_callback_cut(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* GHCOMP_H */
