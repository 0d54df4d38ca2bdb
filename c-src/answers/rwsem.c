// SPDX-License-Identifier: GPL-2.0-only
/* Actor 0 writes two variables under a reader-writer lock; the others read both under it. */
#include "answers/answers.h"

static volatile u32 first, second;
static u32 lock;

void answer_reset(void)
{
	first = second = lock = 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	if (actor == 0) {
		answer_write_lock(&lock);
		first = 1;
		second = 1;
		answer_write_unlock(&lock);
		return;
	}
	answer_read_lock(&lock);
	*answer_result(actor) = first | second << 1;
	answer_read_unlock(&lock);
}

/* Two bits for each reader. */
void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = 0;
	for (u32 i = 1; i < ANSWER_ACTORS; i++)
		value[0] |= (s64)answer_states()->result[i] << (2 * i);
}
