// SPDX-License-Identifier: GPL-2.0-only
/* Two actors add one to a counter each, and keep each other out with nothing but loads and stores. */
#include "answers/answers.h"

/* answer_n */
enum {
	PETERSON,
	DEKKER,
	PETERSON_TURN_FIRST,	/* which lets both in */
	POLITE,			/* both announce that they want to, and wait for the other not to: neither may ever get in */
};

static u32 wants[2];
static u32 turn;
static volatile u32 counter;

void answer_reset(void)
{
	wants[0] = wants[1] = turn = counter = 0;
}

static void peterson(u32 me, u32 other, bool turn_first)
{
	if (turn_first)
		WRITE_ONCE(turn, other);
	WRITE_ONCE(wants[me], 1);
	if (!turn_first)
		WRITE_ONCE(turn, other);
	while (READ_ONCE(wants[other]) && READ_ONCE(turn) == other)
		cpu_relax();
}

static void dekker(u32 me, u32 other)
{
	WRITE_ONCE(wants[me], 1);
	while (READ_ONCE(wants[other])) {
		if (READ_ONCE(turn) == me)
			continue;
		WRITE_ONCE(wants[me], 0);
		while (READ_ONCE(turn) != me)
			cpu_relax();
		WRITE_ONCE(wants[me], 1);
	}
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	u32 how = answer_states()->n;

	switch (how) {
	case DEKKER:
		dekker(actor, 1 - actor);
		break;
	case POLITE:
		WRITE_ONCE(wants[actor], 1);
		while (READ_ONCE(wants[1 - actor]))
			cpu_relax();
		break;
	default:
		peterson(actor, 1 - actor, how == PETERSON_TURN_FIRST);
		break;
	}
	counter = counter + 1;
	if (how == DEKKER)
		WRITE_ONCE(turn, 1 - actor);
	WRITE_ONCE(wants[actor], 0);
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = counter;
}
