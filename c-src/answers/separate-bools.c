// SPDX-License-Identifier: GPL-2.0-only
/* Each actor sets a bool of its own; they lie side by side. */
#include "answers/answers.h"

static volatile bool flag[2];

void answer_reset(void)
{
	flag[0] = flag[1] = false;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	flag[actor] = true;
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = flag[0];
	value[1] = flag[1];
}
