/*
 * ghcomp.h: what the ghc-openmp runtime offers beside libgomp's ABI.
 * Made by cbindgen from rust/src; do not edit.  `make header` makes it anew.
 */

#ifndef GHCOMP_H
#define GHCOMP_H

#include <stdint.h>

/*
 The arguments that the kernel passed, and the result that it gets. The assembly and the
 host know the offsets.
 */
typedef struct ghcomp_frame {
  /*
   The host's handle of the closure; null if the pointer was stopped.
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
   The arguments of the integer class, in order. The upper bits of narrower arguments
   are undefined.
   */
  uint64_t integers[6];
  /*
   The arguments that are doubles, in order.
   */
  double doubles[8];
} ghcomp_frame;

/*
 The answers of a host, as a C table. The runtime may call each function from any
 thread. Only `serve`, `call`, `boot` and `trace` may call the runtime. The others must
 not, and answer at once.
 */
typedef struct ghcomp_host {
  /*
   The layout of this table: 7.
   */
  uint32_t version;
  /*
   The size of a team when neither the program nor the environment gives one; 0 for
   no opinion.
   */
  uint32_t (*default_team_size)(void);
  /*
   Processors on which the host's threads compute now. Threads in `serve`, in `call`
   and in bodies of regions count. A hint: waiting threads leave these processors
   alone.
   */
  uint32_t (*busy)(void);
  /*
   The number of threads, with the calling one, for which there are processors on
   which nothing of the host's process computes now; 4294967295 if all are idle or
   nothing is known. A hint: dynamic adjustment takes no more threads.
   */
  uint32_t (*idle)(void);
  /*
   Null if several OS threads may run the host's code. Else the sentence, without a full
   stop, that says to the user why not. The text is UTF-8, and stays valid and unchanged.
   */
  const char *(*why_one_thread)(void);
  /*
   The calling OS thread is about to run Haskell as OpenMP thread `num` of a
   first-level team of `team_size` threads. If `num` is 4294967295, the thread is
   done with that.
   */
  void (*bind)(uint32_t num, uint32_t team_size);
  /*
   Answers the calls of a kernel. The frame holds the first call: the function answers
   it, then calls `ghcomp_callback_resume(frame, held)`, which returns with the next
   call, and so on until that returns 3 (END). It may call the runtime.
   */
  void (*serve)(struct ghcomp_frame *frame);
  /*
   Answers the one call that the frame holds. It may call the runtime.
   */
  void (*call)(struct ghcomp_frame *frame);
  /*
   Null if the host started before OpenMP. Else the process is a C program that brings
   its host along. A thread at level 0 then calls this before its first region, and
   perhaps again before later ones; `dyn-var` is false unless somebody sets it; and
   `bind` is called for every thread of a first-level team, whatever its body is.
   */
  void (*boot)(void);
  /*
   The environment asks for a trace, and there is a first event. The host gets ready
   to take events by `ghcomp_hs_trace_next`. It answers null if it takes them from now
   on, and an empty text if it cannot say yet: then the next event asks again. Any
   other answer is a sentence that says to the user why nothing is traced. The text is
   UTF-8, and stays valid and unchanged. The function may wait a little. Null instead
   of a function: the host takes no events.
   */
  const char *(*trace)(void);
} ghcomp_host;

/*
 The body, with the region's data, the thread's number and the team's size.
 */
typedef void (*ghcomp_hs_body)(void*, unsigned int, unsigned int);

/*
 The columns of a table whose rows are the arguments of calls.
 */
typedef struct Column {
  /*
   As in [`ghcomp_hs_batch_map`]; of the column of results too.
   */
  uint64_t kind;
  void *elements;
} Column;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 Registers the host, normally from a load-time constructor. A null pointer or an unknown
 `version` is refused with a message, and changes nothing.

 # Safety

 `host` must be null or point to a table that stays valid and unchanged for
 the rest of the process.
 */
void ghcomp_register_host(const struct ghcomp_host *host);

/*
 Runs `body(data, thread number, team size)` on each thread of a new team, and returns
 when all have ended.

 `num_threads` is the clause of `parallel`; 0 for the size in force. The region has a loop
 of `trip` iterations, which the threads take by `ghcomp_hs_next`. `kind` (0 runtime,
 1 static, 2 dynamic, 3 guided, 4 auto; with bit 31 each thread's chunks come in the order
 of the iterations) and `chunk` (0 for the kind's default) are its schedule.

 If the host cannot run Haskell on several OS threads, the team has one thread, and stderr
 says so once.

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
 Begins a region of the calling thread alone (1), if the region that the arguments describe
 would have no other thread; else does nothing (0). The caller runs the body itself, on
 this thread, and then calls [`ghcomp_hs_end_at_once`], or [`ghcomp_hs_end`] with null.
 Arguments as for `ghcomp_hs_parallel`.

 For an unsafe call (Note \[Unsafe calls\]): also 0 where it would have to wait.
 */
int ghcomp_hs_begin_alone(unsigned int num_threads,
                          unsigned int kind,
                          uint64_t chunk,
                          uint64_t trip);

/*
 Begins a region on behalf of a bound Haskell thread. The other threads of the team start
 with `body(data, thread number, team size)`. The caller runs the share of thread 0 itself,
 and then calls [`ghcomp_hs_end`] with the answer. `capability` is the caller's: thread i
 uses the ith after it. Other arguments as for `ghcomp_hs_parallel`.

 # Safety

 `body(data, ..)` must be callable from several threads at once, until
 `ghcomp_hs_end` returns.
 */
struct ghcomp_hs_region *ghcomp_hs_begin(ghcomp_hs_body body,
                                         void *data,
                                         unsigned int capability,
                                         unsigned int num_threads,
                                         unsigned int kind,
                                         uint64_t chunk,
                                         uint64_t trip);

/*
 [`ghcomp_hs_begin`] for an unsafe call (Note \[Unsafe calls\]). Null where it would have to
 wait; then nothing was done. That is so if the thread's last team is smaller than the region
 wants, or if another thread uses that team now.

 # Safety

 As for [`ghcomp_hs_begin`].
 */
struct ghcomp_hs_region *ghcomp_hs_begin_at_once(ghcomp_hs_body body,
                                                 void *data,
                                                 unsigned int capability,
                                                 unsigned int num_threads,
                                                 unsigned int kind,
                                                 uint64_t chunk,
                                                 uint64_t trip);

/*
 Ends the region that the calling thread began by [`ghcomp_hs_begin`], or, with null, by
 [`ghcomp_hs_begin_alone`]. Waits until all threads have ended their shares.

 # Safety

 `region` must come from the innermost of those calls whose region is not ended yet.
 */
void ghcomp_hs_end(struct ghcomp_hs_region *region);

/*
 Ends the region that the calling thread began by [`ghcomp_hs_begin_alone`] (1).

 For an unsafe call (Note \[Unsafe calls\]): 0 where it would have to wait; then nothing was
 done. That is so if C has deferred a task, which perhaps another thread has to fulfil.
 */
int ghcomp_hs_end_at_once(void);

/*
 `omp_get_thread_num()` for an unsafe call. A thread that the runtime does not know has 0.
 */
int ghcomp_hs_thread_number(void);

/*
 Takes at most `most` (at least 1) iterations of the region's loop. Stores the first one
 into `chunk[0]` and the one after the last into `chunk[1]`, counted from 0, and answers 1.
 Answers 0 when the calling thread gets no more. Only inside a body of `ghcomp_hs_parallel`
 or between begin and end; never blocks.

 # Safety

 `chunk` must be valid for two writes.
 */
int ghcomp_hs_next(uint64_t *chunk,
                   uint64_t most);

/*
 The ticks, if the next one will come; else 0, and [`ghcomp_hs_batch_want_tick`] makes it
 come.
 */
uint64_t ghcomp_hs_batch_ticks(void);

/*
 Says that a batch wants the next tick, and returns the ticks. Then the caller must make
 sure that the monitor is awake.
 */
uint64_t ghcomp_hs_batch_want_tick(void);

/*
 A tick, if a batch wants it: the monitor calls this every 10 ms. Whether it was wanted.
 */
uint32_t ghcomp_hs_batch_tick(void);

/*
 Whether a batch wants a tick.
 */
uint32_t ghcomp_hs_batch_tick_is_wanted(void);

/*
 The stops so far.
 */
uint64_t ghcomp_hs_batch_stops(void);

/*
 Stops all batches that the monitor knows of.
 */
void ghcomp_hs_batch_stop(void);

/*
 Makes the calls of a block, in order, until it is stopped (`seen`: Note \[A batch stops
 between calls\]). Returns the first call that it has not made, or `end`. The block is a sequence of calls. Each consists of
 these words:

 - the function, which the result replaces;
 - the shape: the number of integer arguments (0 to 6) in bits 0 to 7, that of
   floating-point arguments (0 to 8) in bits 8 to 15, bit 16 if the result is
   floating-point;
 - the integer arguments;
 - the floating-point arguments.

 # Safety

 `block` to `end` must hold such calls, of functions that may be called with these
 arguments. Up to 7 words after `end` must be readable: each call fills all registers of its
 prototype, and so reads them, without using them.
 */
uint64_t *ghcomp_hs_batch_run(uint64_t *block,
                              const uint64_t *end,
                              uint64_t seen);

/*
 Calls the function `count` times, or until it is stopped. Returns how often it has
 called it.

 # Safety

 The function must take nothing.
 */
uint64_t ghcomp_hs_batch_repeat(void (*function)(void), uint64_t count, uint64_t seen);

/*
 Applies the function to each of the `count` elements of `input`, and puts the results into
 `output`, until it is stopped. Returns the number of elements that are done. `kinds` is the argument's kind plus 16 times the result's. Kinds: 0 to 3, signed
 integers of 8, 16, 32, 64 bits; 4 to 7, unsigned ones; 8 `float`; 9 `double`; 10 nothing
 (results only).

 # Safety

 The function must have these types, and the arrays must have `count` elements.
 */
size_t ghcomp_hs_batch_map(const void *function,
                           uint64_t kinds,
                           size_t count,
                           const void *input,
                           void *output,
                           uint64_t seen);

/*
 Calls the function for the rows `from` to `to` of a table, until it is stopped. Returns the
 first row that is not done, or `to`. The first of the columns takes the results, and the
 other ones (as many as `arguments` says) have the arguments, at most 6 integers and 8
 floating-point numbers.

 # Safety

 The function must have these types, and each column `to` elements.
 */
size_t ghcomp_hs_batch_rows(const void *function,
                            const struct Column *columns,
                            size_t arguments,
                            size_t from,
                            size_t to,
                            uint64_t seen);

/*
 Calls a C function. While it runs, closures that it calls on this thread have a server
 (Note \[In-calls nest\] in [`crate::callback`]). Haskell calls this as `safe`. `call` is 34
 words: the function, which the result replaces; the shape (the number of integer arguments
 in bits 0 to 7, bit 8 if the result is floating-point, the number of the caller's
 capability from bit 32); 24 integer arguments; 8 floating-point arguments. Words of
 arguments that the function does not have may hold anything.

 # Safety

 The function may be called with these arguments, and has such a result.
 */
void ghcomp_hs_served(uint64_t *call);

/*
 Sets `nthreads-var` (at least 1) of all initial tasks of the process, present and future.
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
 The value that this member gave last to [`ghcomp_hs_tasks_enter`] in this region; null if
 it serves no tasks.
 */
void *ghcomp_hs_tasks_here(void);

/*
 The calling thread's member serves tasks from now on, with this value; null: no more.
 */
void ghcomp_hs_tasks_enter(void *context);

/*
 The calling thread, whose number is `num`, has put a task of the group into the first free
 slot of its ring. Counts the task, then makes it visible: `bottom`, which only this thread
 changes, counts the ring's slots. Wakes a member to search for the task.

 One call does all of this because no exception can interrupt Haskell in an unsafe call. So
 a task that was counted is always found.

 # Safety

 `bottom` must be valid, and `group` as for [`ghcomp_hs_task_done`].
 */
void ghcomp_hs_task_offer(uint64_t *group,
                          unsigned int num,
                          uint64_t *bottom);

/*
 The calling thread has executed a task of the group and written its result. Sets the task's
 `word` to done, counts the task, and wakes the members that wait for something in
 particular, if one of them waits for this task or if it was the last one of the group.

 Answers whether a thread may sleep until this task ends. One call, as for
 [`ghcomp_hs_task_offer`].

 # Safety

 `word` must be valid. `group` must be valid for the tallies of the calling thread's team (64
 bytes each, zero at first), and only the team's members may pass it.
 */
int ghcomp_hs_task_done(uint64_t *group,
                        uint64_t *word);

/*
 Whether all tasks of the group have been executed.

 # Safety

 As for [`ghcomp_hs_task_done`].
 */
int ghcomp_hs_tasks_over(uint64_t *group);

/*
 Wakes every sleeping member, or, if `all` is 0, the members that wait for something in
 particular.
 */
void ghcomp_hs_tasks_wake(int all);

/*
 The calling thread will sleep, unless it finds something when it looks once more. It waits
 for any task (`idle` not 0), or for something in particular.
 */
void ghcomp_hs_tasks_prepare(int idle);

/*
 The calling thread has found something after [`ghcomp_hs_tasks_prepare`], and does not
 sleep.
 */
void ghcomp_hs_tasks_cancel(void);

/*
 The calling thread was woken to search. It has found a task, or (`found` 0) has not.
 */
void ghcomp_hs_tasks_searched(int found);

/*
 The calling thread has found nothing after [`ghcomp_hs_tasks_prepare`], and sleeps until it
 is woken. An idle member executes the team's C tasks meanwhile.

 | answer | means |
 |--------|-------|
 | 0 | did not sleep, because all other members sleep already |
 | 1 | was woken |
 | 2 | was woken to search for a task; [`ghcomp_hs_tasks_searched`] must follow |
 */
int ghcomp_hs_tasks_sleep(int idle);

/*
 The calling thread's member in its innermost region, for the other functions; null
 if it is not known.
 */
const void *ghcomp_hs_team_member(void);

/*
 The barrier, for an unsafe call. The caller looks for the others about `polls`
 times. Answers -1: passed; -2: the region is cancelled; -3: not this member; any
 other: not yet, and the caller calls [`ghcomp_hs_team_barrier`] with the number.
 */
int ghcomp_hs_team_barrier_at_once(const void *member, unsigned int polls);

/*
 Ends the barrier that [`ghcomp_hs_team_barrier_at_once`] began. Answers as that
 does: -1, -2 or -3.
 */
int ghcomp_hs_team_barrier(const void *member, int raised);

/*
 Cancels the region: the calling thread goes to the region's end next. It must not
 have begun a barrier.
 */
void ghcomp_hs_team_cancel(const void *member);

/*
 Meets a worksharing loop, for an unsafe call. Arguments as `ghcomp_hs_parallel`; if
 `in_order` is not 0 the loop is an ordered one, whose chunks come from
 [`ghcomp_hs_team_ordered_next`], else from `ghcomp_hs_next`. Answers -1;
 -2: the region is cancelled; -3: not this member; 0: loops are traced, and the
 caller calls [`ghcomp_hs_team_loop`] and, when it has no more chunks,
 [`ghcomp_hs_team_loop_end`].
 */
int ghcomp_hs_team_loop_at_once(const void *member,
                                unsigned int kind,
                                uint64_t chunk,
                                uint64_t trip,
                                int in_order);

/*
 The same, whether loops are traced or not; never 0.
 */
int ghcomp_hs_team_loop(const void *member,
                        unsigned int kind,
                        uint64_t chunk,
                        uint64_t trip,
                        int in_order);

/*
 The loop is over for the calling thread, which says so for the trace.
 */
void ghcomp_hs_team_loop_end(const void *member);

/*
 Whether the caller is the first of the team at this `single`: 1, else 0. -2: the
 region is cancelled; -3: not this member.
 */
int ghcomp_hs_team_single(const void *member);

/*
 The turn of the chunk that the caller holds of an ordered loop, for an unsafe
 call. Answers -1: it is; -2, -3: as above; 0: not yet, and the caller calls
 [`ghcomp_hs_team_ordered`].
 */
int ghcomp_hs_team_ordered_at_once(const void *member, unsigned int polls);

/*
 The same for a safe call: waits for the turn. Never 0.
 */
int ghcomp_hs_team_ordered(const void *member);

/*
 The next chunk of an ordered loop, into `chunk[0]` and `chunk[1]`, as
 `ghcomp_hs_next` stores it: answers 1. Hands on the chunk that the caller holds.
 When there are no more: -1. Only when it is the turn of the chunk that the caller
 holds ([`ghcomp_hs_team_ordered_at_once`]); never blocks then. -3: as above.

 # Safety

 `chunk` must be valid for two writes.
 */
int ghcomp_hs_team_ordered_next(const void *member, uint64_t *chunk);

/*
 From now on exactly `kinds` are traced: a sum of 2 (regions), 4 (loops), 8 (tasks) and
 16 (waits); 0 for nothing. The caller sees to it that [`ghcomp_hs_trace_next`] is called
 now and then, until that answers 0 after the trace was turned off.
 */
void ghcomp_hs_trace(unsigned int kinds);

/*
 The kinds that are traced now, as for [`ghcomp_hs_trace`].
 */
unsigned int ghcomp_hs_traced(void);

/*
 Writes the text of the next event ([`crate::trace::event`]) and a NUL into `text`, which
 has room for `size` bytes (96 or more; a longer text is cut). Answers 1 for an event, 2 for
 a marker, 0 when there is none. One thread at a time may call this, to get the events in
 order.

 # Safety

 `text` must be valid for writes of `size` bytes, and `size` at least 1.
 */
int ghcomp_hs_trace_next(char *text,
                         size_t size);

/*
 Makes a C function pointer whose calls the host answers for `target` (not null). It may
 be called with up to six arguments of the integer class and eight doubles. `wide` is not
 0 if there are more than three integers or more than one double. The result is an
 integer or a double, as the caller takes it.

 Null if all pointers (1024) are in use, or on a machine without the assembly. The caller
 gives the pointer back by `ghcomp_callback_free`.
 */
const void *ghcomp_callback_new(void *target, int wide);

/*
 Stops the pointer: from now on its calls answer 0 and do not reach the host. They also
 cut the loop short that they are in, if the runtime hands out its chunks. Calls that are
 being answered are not disturbed.

 # Safety

 `pointer` must come from `ghcomp_callback_new` and not have been given back.
 */
void ghcomp_callback_stop(const void *pointer);

/*
 Gives the pointer back. Answers 1 if a call of it was refused, because the host cannot
 run on the thread that called, else 0.

 # Safety

 As `ghcomp_callback_stop`. Nobody may call the pointer any more.
 */
int ghcomp_callback_free(const void *pointer);

/*
 Switches from the server that has this frame to the kernel, whose call gets the
 frame's results. `held` is 1 if the calling thread holds something that other
 threads wait for, else 0. Returns when the kernel calls the next time (1, CALL: the
 frame holds the call), before it blocks (2, BLOCK: resume it with `held` 0), or when
 the region is over (3, END). For `GhcompHost::serve` alone.
 */
extern uint32_t ghcomp_callback_resume(struct ghcomp_frame *frame, uint32_t held);

/*
 For a closure that is being called: cuts short the loop in which the kernel made the
 call. No thread gets another chunk of it from the runtime. Threads complete the chunks
 that they have, and loops whose iterations the compiler dealt out go on.
 */
void ghcomp_callback_cut(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* GHCOMP_H */
