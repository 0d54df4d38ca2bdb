// SPDX-License-Identifier: GPL-2.0-only
/*
 * Actor 0 waits for a flag and changes something in each round, so that its loop has executions without end: all are
 * cut short but those where the other actor is soon. What that one is about to do then, and how it would turn out
 * somewhere in the loop, is what comes to the ends.
 */
#include "answers/answers.h"

enum program { SWAP_WHILE_POLLED = 1, TRY_WHILE_LOCKED, TRY_WHILE_SHARED };

static volatile u32 flag, toggled;
static u32 lock;

void answer_reset(void)
{
	flag = toggled = lock = 0;
}

static void poll(u32 program)
{
	for (;;) {
		u32 seen;

		if (program == TRY_WHILE_LOCKED)
			answer_lock(&lock);
		else if (program == TRY_WHILE_SHARED)
			answer_read_lock(&lock);
		seen = flag;
		if (program == SWAP_WHILE_POLLED && !seen) {
			toggled = 1;
			toggled = 0;
		}
		if (program == TRY_WHILE_LOCKED)
			answer_unlock(&lock);
		else if (program == TRY_WHILE_SHARED)
			answer_read_unlock(&lock);
		if (seen)
			return;
	}
}

/* Returns what it has met: 1: actor 0 in the middle of a round, 2: not. */
static u32 interfere(u32 program)
{
	u32 none = 0;
	bool had;

	switch (program) {
	case SWAP_WHILE_POLLED:
		__atomic_compare_exchange_n(&flag, &none, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
		return toggled ? 1 : 2;
	case TRY_WHILE_LOCKED:
		had = answer_try_lock(&lock);
		flag = 1;
		if (had)
			answer_unlock(&lock);
		return had ? 2 : 1;
	default:
		had = answer_try_write_lock(&lock);
		flag = 1;
		if (had)
			answer_write_unlock(&lock);
		return had ? 2 : 1;
	}
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	u32 program = answer_states()->n;
	u32 *result = answer_result(actor);

	if (actor == 0)
		poll(program);
	else
		*result = interfere(program);
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = flag;
	value[1] = answer_states()->result[1];
}
