// SPDX-License-Identifier: GPL-2.0-only
/* Actor 0 writes a pair twice under a sequence count; the others read it, again until there was no write meanwhile. */
#include "answers/answers.h"

/* answer_n */
enum {
	RIGHT,
	ONLY_ODD,	/* a reader waits while one writes, and does not look whether one has come since */
	ONLY_CHANGED,	/* ... or looks only for that: it may begin in the middle */
	COUNTED_ONCE,	/* a writer counts when it is through, and not when it begins */
};

static u32 sequence __aligned(8);
static u32 one __aligned(8);
static u32 other __aligned(8);

void answer_reset(void)
{
	sequence = one = other = 0;
}

static void write(u32 how, u32 value)
{
	if (how != COUNTED_ONCE)
		WRITE_ONCE(sequence, READ_ONCE(sequence) + 1);
	WRITE_ONCE(one, value);
	WRITE_ONCE(other, value);
	WRITE_ONCE(sequence, READ_ONCE(sequence) + (how == COUNTED_ONCE ? 2 : 1));
}

static u32 read(u32 how)
{
	u32 began, pair;

	do {
		began = READ_ONCE(sequence);
		while (how != ONLY_CHANGED && (began & 1)) {
			cpu_relax();
			began = READ_ONCE(sequence);
		}
		pair = READ_ONCE(one) * 16;
		pair += READ_ONCE(other);
	} while (how != ONLY_ODD && READ_ONCE(sequence) != began);
	return pair;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	u32 how = answer_states()->n;
	u32 *result = answer_result(actor);

	if (actor > 0) {
		*result = read(how);
		return;
	}
	write(how, 1);
	write(how, 2);
}

/* What was read: 0x00, 0x11 or 0x22, unless it is torn. */
void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = answer_states()->result[1];
	value[1] = answer_states()->result[2];
}
