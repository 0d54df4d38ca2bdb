// SPDX-License-Identifier: GPL-2.0-only
/* Actor 0 writes a variable once; each of the others reads it once. */
#include "answers/answers.h"

static volatile u32 variable;

void answer_reset(void)
{
	variable = 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	if (actor == 0)
		variable = 1;
	else
		*answer_result(actor) = variable;
}

/* A bit for each reader that came after the writer. */
void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = 0;
	for (u32 i = 1; i < ANSWER_ACTORS; i++)
		value[0] |= (s64)answer_states()->result[i] << i;
}
