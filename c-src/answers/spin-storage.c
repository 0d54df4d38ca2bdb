// SPDX-License-Identifier: GPL-2.0-only
/* Actor 0 looks for a flag up to n times, and counts that in storage of its own thread; actor 1 sets it. */
#include "answers/answers.h"

static u32 flag;
static _Thread_local volatile u32 looks;

void answer_reset(void)
{
	flag = 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	u32 *result = answer_result(actor);

	if (actor == 1) {
		__atomic_store_n(&flag, 1, __ATOMIC_SEQ_CST);
		return;
	}
	for (looks = 0; looks < answer_states()->n; looks = looks + 1)
		if (__atomic_load_n(&flag, __ATOMIC_SEQ_CST))
			break;
	*result = looks;
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = answer_states()->result[0];
}
