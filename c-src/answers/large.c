// SPDX-License-Identifier: GPL-2.0-only
/* Executions that are long, or write much, or are not the same twice: what they cost, and what they leave behind. */
#include "answers/answers.h"

enum program { NEIGHBOURS = 1, STRAYS, FILLS };

static volatile u8 flags[2];
static u8 much[0x40000];
static u32 lock;

void answer_reset(void)
{
	flags[0] = flags[1] = 0;
	lock = 0;
	__builtin_memset(much, 0, sizeof(much));
}

/* Each has a byte, and looks at the other's: a store and two loads for each in a round. */
static void count_beside(u32 actor)
{
	for (u32 i = 0; i < 10000; i++) {
		(void)flags[!actor];
		flags[actor] = 1;
		flags[actor] = 0;
	}
}

/* Under a lock, so often that there is no room for all that both write; a few times there is. */
static void fill(u32 actor, u32 times)
{
	for (u32 i = 0; i < times; i++) {
		answer_lock(&lock);
		__builtin_memset(much, (int)actor + 1, sizeof(much));
		answer_unlock(&lock);
	}
}

/* An actor's own result is not put back from one execution to the next. */
static void stray(u32 actor)
{
	u32 *times = &answer_states()->result[actor];

	flags[0] = 1;
	flags[++*times & 1] = 1;
	flags[1] = 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	u32 n = answer_states()->n;

	if (n == NEIGHBOURS)
		count_beside(actor);
	else if (n == STRAYS)
		stray(actor);
	else
		fill(actor, n - FILLS);
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = much[0];
	value[1] = flags[0] | flags[1];
}
