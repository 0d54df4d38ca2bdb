// SPDX-License-Identifier: GPL-2.0-only
/* Actor 0 writes two variables and a flag; the others look at the flag until it is set, and read the variables. */
#include "answers/answers.h"

/* answer_n */
enum {
	PUBLISHED,	/* the variables come first */
	LATE,		/* one of them comes after the flag */
	UNSET,		/* the flag is never set */
	PERHAPS,	/* ... or only if actor 1 has come so far */
};

/* No other thread has touched the flag's 8 bytes when polling starts. */
static u32 flag __aligned(8);
static volatile u32 one __aligned(8);
static volatile u32 other;
static u32 waiting __aligned(8);

void answer_reset(void)
{
	flag = one = other = waiting = 0;
}

static void set(u32 how)
{
	one = 1;
	if (how != LATE)
		other = 1;
	if (how == PUBLISHED || how == LATE || (how == PERHAPS && READ_ONCE(waiting)))
		WRITE_ONCE(flag, 1);
	if (how == LATE)
		other = 1;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	u32 how = answer_states()->n;
	u32 *result = answer_result(actor);

	if (actor == 0) {
		set(how);
		return;
	}
	if (how == PERHAPS)
		WRITE_ONCE(waiting, 1);
	while (!READ_ONCE(flag))
		cpu_relax();
	*result = one + 2 * other;
}

/* What actors 1 and 2 have read: 3 is all. */
void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = answer_states()->result[1];
	value[1] = answer_states()->result[2];
}
