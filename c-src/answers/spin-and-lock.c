// SPDX-License-Identifier: GPL-2.0-only
/* Actor 0 looks for a flag again and again, with a lock held; actor 1 sets it. */
#include "answers/answers.h"

/* answer_n */
enum {
	NEEDED,		/* actor 1 needs the lock for that */
	NOT_NEEDED,
	HELD,		/* it does, and the lock is held from the start */
	GIVEN_BACK,	/* it does, and actor 0 gives the lock back between its looks */
};

static u32 flag __aligned(8);
static u32 lock __aligned(8);

void answer_reset(void)
{
	flag = 0;
	lock = answer_n == HELD ? ANSWER_LOCKED : 0;
}

static bool is_set_under_lock(void)
{
	bool is_set;

	answer_lock(&lock);
	is_set = READ_ONCE(flag);
	answer_unlock(&lock);
	return is_set;
}

static void look(u32 how)
{
	if (how == GIVEN_BACK) {
		while (!is_set_under_lock())
			cpu_relax();
		return;
	}
	if (how != HELD)
		answer_lock(&lock);
	while (!READ_ONCE(flag))
		cpu_relax();
	answer_unlock(&lock);
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	u32 how = answer_states()->n;

	if (actor == 0) {
		look(how);
		return;
	}
	if (how != NOT_NEEDED)
		answer_lock(&lock);
	WRITE_ONCE(flag, 1);
	if (how != NOT_NEEDED)
		answer_unlock(&lock);
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = flag;
	value[1] = lock;
}
