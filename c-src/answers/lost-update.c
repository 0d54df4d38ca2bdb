// SPDX-License-Identifier: GPL-2.0-only
/* Actors add one to a counter n times each, a load and a store. */
#include "answers/answers.h"

static volatile u32 counter;

void answer_reset(void)
{
	counter = 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	(void)actor;
	for (u32 i = answer_states()->n; i > 0; i--)
		counter = counter + 1;
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = counter;
}
