// SPDX-License-Identifier: GPL-2.0-only
/* Actors add to a counter n times each, and the order in which they come is what each of them sees. */
#include "answers/answers.h"

static u32 counter;

void answer_reset(void)
{
	counter = 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	u32 *result = answer_result(actor);

	for (u32 i = answer_states()->n; i > 0; i--)
		*result += __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = counter;
	value[1] = answer_states()->result[0];
}
