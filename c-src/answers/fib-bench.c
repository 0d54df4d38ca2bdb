// SPDX-License-Identifier: GPL-2.0-only
/*
 * Actor 0 adds j to i, n times, and actor 1 adds i to j: neither gets beyond a Fibonacci number. Actor 2 looks at both
 * of them meanwhile.
 */
#include "answers/answers.h"

static volatile u32 i, j;

void answer_reset(void)
{
	i = j = 1;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	if (actor == 2) {
		u32 seen = i;

		*answer_result(2) = seen + j;
		return;
	}
	for (u32 k = answer_states()->n; k > 0; k--) {
		if (actor == 0)
			i = i + j;
		else
			j = j + i;
	}
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = i;
	value[1] = j;
}
