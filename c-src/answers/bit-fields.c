// SPDX-License-Identifier: GPL-2.0-only
/* Each actor sets a bit-field of its own n times; all are bits of one byte. */
#include "answers/answers.h"

static volatile struct {
	bool a:1;
	bool b:1;
	bool c:1;
} flags;

void answer_reset(void)
{
	flags.a = flags.b = flags.c = false;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	for (u32 i = answer_states()->n; i > 0; i--) {
		if (actor == 0)
			flags.a = true;
		else if (actor == 1)
			flags.b = true;
		else
			flags.c = true;
	}
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = flags.a;
	value[1] = flags.b;
	value[2] = flags.c;
}
