// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each of n writers puts into its element one more than what is in the one before; actor 0 looks for the last
 * element that is zero.
 */
#include "answers/answers.h"

static volatile u32 element[ANSWER_ACTORS];

void answer_reset(void)
{
	for (u32 i = 0; i < ANSWER_ACTORS; i++)
		element[i] = 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	u32 last = answer_states()->n;

	if (actor > 0) {
		element[actor] = element[actor - 1] + 1;
		return;
	}
	while (element[last] != 0)
		last--;
	*answer_result(0) = last;
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	const struct answer_states *states = answer_states();

	value[0] = states->result[0];
	value[1] = element[states->n];
}
