// SPDX-License-Identifier: GPL-2.0-only
/* Two actors take two locks, in opposite orders. */
#include "answers/answers.h"

static u32 lock[2];

void answer_reset(void)
{
	lock[0] = lock[1] = 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	answer_lock(&lock[actor]);
	answer_lock(&lock[!actor]);
	answer_unlock(&lock[!actor]);
	answer_unlock(&lock[actor]);
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = lock[0] | lock[1];
}
