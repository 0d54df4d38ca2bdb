// SPDX-License-Identifier: GPL-2.0-only
/* Each of two actors looks at a flag beside them before it sets a bit-field of its own. */
#include "answers/answers.h"

static volatile struct {
	bool closing;
	bool a:1;
	bool b:1;
} flags __aligned(8);

void answer_reset(void)
{
	flags.closing = flags.a = flags.b = false;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	if (flags.closing)
		return;
	if (actor == 0)
		flags.a = true;
	else
		flags.b = true;
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = flags.a;
	value[1] = flags.b;
}
