// SPDX-License-Identifier: GPL-2.0-only
/* Actor 0 writes a variable and completes it for n others, who wait for that and read it. */
#include "answers/answers.h"

static volatile u32 variable;
static u32 done;

void answer_reset(void)
{
	variable = 0;
	done = answer_completed(0);
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	if (actor > 0) {
		answer_wait(&done);
		*answer_result(actor) = variable;
		return;
	}
	variable = 1;
	for (u32 i = answer_states()->n; i > 0; i--)
		answer_complete(&done);
}

/* How many have seen what was written. */
void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = 0;
	for (u32 i = 1; i < ANSWER_ACTORS; i++)
		value[0] += answer_states()->result[i];
}
