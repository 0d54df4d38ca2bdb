// SPDX-License-Identifier: GPL-2.0-only
/*
 * Actor 0 waits for a flag and changes something in each round, so that its loop has executions without end: all are
 * cut short but those where the other actor is soon. What that one is about to do then, and how it would turn out
 * somewhere in the loop, is what comes to the ends. In the last two it has something else to do first, and nothing is
 * known yet of what they share.
 */
#include "answers/answers.h"

enum program { SWAP_WHILE_POLLED = 1, TRY_WHILE_LOCKED, TRY_WHILE_SHARED, BEHIND_ANOTHER, BEFORE_IT_IS_SHARED };

static volatile u32 flag, toggled;
static volatile struct { u32 polls, mine; } beside;
static volatile u32 polls;
static u32 lock, done;

void answer_reset(void)
{
	flag = toggled = polls = beside.polls = beside.mine = lock = 0;
	done = answer_completed(0);
}

static void poll(u32 program)
{
	if (program == BEFORE_IT_IS_SHARED)
		answer_complete(&done);
	for (;;) {
		u32 seen;

		if (program == TRY_WHILE_LOCKED)
			answer_lock(&lock);
		else if (program == TRY_WHILE_SHARED)
			answer_read_lock(&lock);
		seen = flag;
		if (program == BEHIND_ANOTHER && !seen)
			beside.polls = beside.polls + 1;
		if (program == BEFORE_IT_IS_SHARED && !seen)
			polls = polls + 1;
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
	case BEHIND_ANOTHER:
		beside.mine = 1;
		flag = 1;
		return 2;
	case BEFORE_IT_IS_SHARED:
		answer_wait(&done);
		flag = 1;
		return 2;
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
