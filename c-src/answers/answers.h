/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small programs whose number of executions is known, to test the simulator with.
 * Each is a sim_actor() and a sim_observe() in a file of its own. What actors share is volatile, so that each
 * access in the source is one in the module; what they do not share lies where accesses are not reported.
 */
#ifndef LOSTBIT_ANSWERS_H
#define LOSTBIT_ANSWERS_H

#include <linux/compiler.h>
#include <linux/types.h>

#define ANSWER_EXPORT(name) __attribute__((export_name(#name), used)) name

#define ANSWER_ACTORS 64

/* As in kernel/stub.h: each is one step, however long it waits. */
void stub_acquire(u32 *word, u32 busy, u32 claim);
bool stub_try_acquire(u32 *word, u32 busy, u32 claim);
void stub_release(u32 *word, u32 claim);

/* How large the program is to be, in its own terms; written before sim_setup(). */
extern u32 answer_n;

/* The actors' own states: behind the threads' areas in memory that is private to threads. */
struct answer_states {
	u32 n;				/* answer_n, for them to read unseen */
	u32 result[ANSWER_ACTORS];	/* what an actor saw, of no interest to another */
};

extern u8 __heap_base[];

static inline struct answer_states *answer_states(void)
{
	u32 areas = ((u32)(uintptr_t)__heap_base + 0xffff) & ~0xffffu;

	return (struct answer_states *)(uintptr_t)(areas + 64 * 80 * 1024);
}

/* An actor's own result, which it has to clear: it is not restored from one execution to the next. */
static inline u32 *answer_result(u32 actor)
{
	u32 *result = &answer_states()->result[actor];

	*result = 0;
	return result;
}

/* What stands in a loop that waits by looking again. */
static inline void cpu_relax(void)
{
}

/* Each program's own: puts what its actors share to where it starts from. */
void answer_reset(void);

/* ---- locks, as kernel/locking.c and completion.c make them of a word ---- */

#define ANSWER_LOCKED 1u
#define ANSWER_WRITER 0x8000u
#define ANSWER_READER 1u
#define ANSWER_STATE 0xffffu
#define ANSWER_EMPTY 0x10000u
#define ANSWER_ONE ((u32)-1)

static inline void answer_lock(u32 *word)
{
	stub_acquire(word, ANSWER_LOCKED, ANSWER_LOCKED);
}

static inline bool answer_try_lock(u32 *word)
{
	return stub_try_acquire(word, ANSWER_LOCKED, ANSWER_LOCKED);
}

static inline void answer_unlock(u32 *word)
{
	stub_release(word, ANSWER_LOCKED);
}

static inline void answer_write_lock(u32 *word)
{
	stub_acquire(word, ANSWER_STATE, ANSWER_WRITER);
}

static inline bool answer_try_write_lock(u32 *word)
{
	return stub_try_acquire(word, ANSWER_STATE, ANSWER_WRITER);
}

static inline void answer_write_unlock(u32 *word)
{
	stub_release(word, ANSWER_WRITER);
}

static inline void answer_read_lock(u32 *word)
{
	stub_acquire(word, ANSWER_WRITER, ANSWER_READER);
}

static inline bool answer_try_read_lock(u32 *word)
{
	return stub_try_acquire(word, ANSWER_WRITER, ANSWER_READER);
}

static inline void answer_read_unlock(u32 *word)
{
	stub_release(word, ANSWER_READER);
}

/* A word of which so many can be had at once. */
static inline u32 answer_completed(u32 times)
{
	return times;
}

static inline void answer_complete(u32 *word)
{
	stub_release(word, ANSWER_ONE);
}

static inline void answer_wait(u32 *word)
{
	stub_acquire(word, ANSWER_EMPTY, ANSWER_ONE);
}

#endif
