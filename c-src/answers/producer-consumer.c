// SPDX-License-Identifier: GPL-2.0-only
/* Actors 1 and 2 hand n items each to actor 0, over a slot that holds one. */
#include "answers/answers.h"

static volatile u32 slot;
static u32 empty, full;

void answer_reset(void)
{
	slot = 0;
	empty = answer_completed(1);
	full = answer_completed(0);
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	u32 n = answer_states()->n;
	u32 *result = answer_result(actor);

	for (u32 i = actor > 0 ? n : 2 * n; i > 0; i--) {
		if (actor > 0) {
			answer_wait(&empty);
			slot = actor;
			answer_complete(&full);
		} else {
			answer_wait(&full);
			*result = 10 * *result + slot;
			answer_complete(&empty);
		}
	}
}

/* Whose the items were, as digits. */
void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = answer_states()->result[0];
}
