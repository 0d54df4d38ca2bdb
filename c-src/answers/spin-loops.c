// SPDX-License-Identifier: GPL-2.0-only
/* Loops that wait by looking again, of all shapes; what they look for is written by actors 0 and 2. */
#include "answers/answers.h"

/* answer_n */
enum {
	CALLING,	/* looks in a function of its own */
	BOTH,		/* looks at two variables in turn; actor 2 writes the second one */
	COUNTING,	/* the first iteration leaves something behind, the others do not */
	POLLING,	/* looks three times, and gives up */
	POLLING_BOTH,	/* the same of two variables */
	FOR_EACH_OTHER,	/* both wait until the other has gone on */
	TOGETHER,	/* both announce that they have come, and wait until the other has */
	THERE_AND_GONE,	/* what is waited for is there for a while */
	HANDED_ROUND,	/* actors wait for their turn, one after the other, twice */
};

static u32 first __aligned(8);
static u32 second __aligned(8);
static u32 count __aligned(8);

void answer_reset(void)
{
	first = second = count = 0;
}

static __attribute__((__noinline__)) bool is_set(u32 *word)
{
	return READ_ONCE(*word) != 0;
}

static void write(u32 how, u32 *word)
{
	WRITE_ONCE(*word, 1);
	if (how == THERE_AND_GONE)
		WRITE_ONCE(*word, 0);
}

static u32 wait(u32 how)
{
	u32 looks = 0;

	switch (how) {
	case CALLING:
		while (!is_set(&first))
			cpu_relax();
		break;
	case BOTH:
		while (READ_ONCE(first) + READ_ONCE(second) != 2)
			cpu_relax();
		break;
	case COUNTING:
		for (bool counted = false; !READ_ONCE(first); counted = true)
			if (!counted)
				WRITE_ONCE(count, 1);
		return 1 + READ_ONCE(count);
	case POLLING:
		for (; looks < 3; looks++)
			if (READ_ONCE(first))
				return 1 + looks;
		return 9;
	case POLLING_BOTH:
		for (; looks < 3; looks++)
			if (READ_ONCE(first) + READ_ONCE(second) == 2)
				return 1 + looks;
		return 9;
	default:
		while (!READ_ONCE(first))
			cpu_relax();
	}
	return 1;
}

static void meet(u32 how, u32 *own, u32 *others)
{
	if (how == TOGETHER)
		WRITE_ONCE(*own, 1);
	while (!READ_ONCE(*others))
		cpu_relax();
	WRITE_ONCE(*own, 1);
}

static void take_turns(u32 actor)
{
	for (u32 round = 0; round < 2; round++) {
		while ((READ_ONCE(count) & 1) != actor)
			cpu_relax();
		WRITE_ONCE(count, READ_ONCE(count) + 1);
	}
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	u32 how = answer_states()->n;
	u32 *result = answer_result(actor);

	if (how == FOR_EACH_OTHER || how == TOGETHER)
		meet(how, actor == 0 ? &first : &second, actor == 0 ? &second : &first);
	else if (how == HANDED_ROUND)
		take_turns(actor);
	else if (actor == 1)
		*result = wait(how);
	else
		write(how, actor == 0 ? &first : &second);
}

/* What actor 1 came to: 9 is that it gave up, less than that at which look it saw what it looked for. */
void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = answer_states()->result[1];
	value[1] = count;
}
