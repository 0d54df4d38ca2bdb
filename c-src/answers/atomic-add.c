// SPDX-License-Identifier: GPL-2.0-only
/* Actors add to a counter n times each; the results of the additions are unused. */
#include "answers/answers.h"

static u32 counter;

void answer_reset(void)
{
	counter = 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	for (u32 i = answer_states()->n; i > 0; i--)
		__atomic_fetch_add(&counter, actor + 1, __ATOMIC_SEQ_CST);
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = counter;
}
