// SPDX-License-Identifier: GPL-2.0-only
/* Actors add one to a counter n times each, under a mutex. */
#include "answers/answers.h"

static volatile u32 counter;
static u32 lock;

void answer_reset(void)
{
	counter = lock = 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	(void)actor;
	for (u32 i = answer_states()->n; i > 0; i--) {
		answer_lock(&lock);
		counter = counter + 1;
		answer_unlock(&lock);
	}
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = counter;
}
