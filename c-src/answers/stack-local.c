// SPDX-License-Identifier: GPL-2.0-only
/*
 * An actor hands out the address of what it has on its stack. Both add one to that, a load and a store, at the same
 * time; it returns when the other one is through with it.
 */
#include "answers/answers.h"

static volatile u32 *volatile shared;
static u32 handed_out, done_with;

void answer_reset(void)
{
	shared = 0;
	handed_out = 0;
	done_with = 0;
}

static void owner(void)
{
	volatile u32 local = 0;

	shared = &local;
	answer_complete(&handed_out);
	local = local + 1;
	answer_wait(&done_with);
	*answer_result(0) = local;
}

static void other(void)
{
	volatile u32 *there;

	answer_wait(&handed_out);
	there = shared;
	*there = *there + 1;
	answer_complete(&done_with);
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	if (actor == 0)
		owner();
	else
		other();
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = answer_states()->result[0];
}
