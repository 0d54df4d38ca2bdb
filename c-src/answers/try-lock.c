// SPDX-License-Identifier: GPL-2.0-only
/* Actors add one to a counter if they get the lock at once, and leave it otherwise. */
#include "answers/answers.h"

static volatile u32 counter;
static u32 lock;

void answer_reset(void)
{
	counter = lock = 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	u32 *result = answer_result(actor);

	if (!answer_try_lock(&lock))
		return;
	counter = counter + 1;
	answer_unlock(&lock);
	*result = 1;
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = counter;
	value[1] = answer_states()->result[0];
	value[2] = answer_states()->result[1];
}
