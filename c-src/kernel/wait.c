// SPDX-License-Identifier: GPL-2.0-only
/* The one place where tasks wait for each other. */
#include "kernel/stub.h"

u32 stub_spins = 20000;
u32 stub_alone;

/* In no function of its own: tools that follow a schedule put their own in the place of the three below, each one step. */
static inline __attribute__((always_inline)) bool try_acquire(u32 *word, u32 busy, u32 claim)
{
	u32 seen = __atomic_load_n(word, __ATOMIC_RELAXED);

	while (!stub_is_busy(seen, busy))
		if (__atomic_compare_exchange_n(word, &seen, seen + claim, true, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

__attribute__((used)) bool stub_try_acquire(u32 *word, u32 busy, u32 claim)
{
	return try_acquire(word, busy, claim);
}

__attribute__((used)) void stub_acquire(u32 *word, u32 busy, u32 claim)
{
	u32 seen;

	if (try_acquire(word, busy, claim))
		return;

	current_task->blocked_by = busy;
	current_task->blocked_on = word;
	if (stub_alone)
		__builtin_trap();
	for (u32 spin = 0; spin < stub_spins; spin++)
		if (try_acquire(word, busy, claim))
			goto in;

	__atomic_fetch_add(word, STUB_WAITER, __ATOMIC_SEQ_CST);
	while (!try_acquire(word, busy, claim - STUB_WAITER)) {
		if (__atomic_load_n(&stub_alone, __ATOMIC_RELAXED))
			__builtin_trap();
		seen = __atomic_load_n(word, __ATOMIC_SEQ_CST);
		if (stub_is_busy(seen, busy))
			stub_park(word, seen);	/* the count in the word keeps a wake from being missed */
	}
in:
	current_task->blocked_on = NULL;
}

__attribute__((used)) void stub_release(u32 *word, u32 claim)
{
	u32 before = __atomic_fetch_sub(word, claim, __ATOMIC_SEQ_CST);

	if (before & ~STUB_STATE)
		stub_unpark(word);
}

/* Looks that a task gives others, which wait for a word, to get in before it takes it again. */
#define WAY_SPINS 2000

void stub_make_way(const u32 *word)
{
	for (u32 spin = 0; spin < WAY_SPINS && __atomic_load_n(word, __ATOMIC_RELAXED) & ~STUB_STATE; spin++)
		;
}
