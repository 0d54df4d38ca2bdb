// SPDX-License-Identifier: GPL-2.0-only
/*
 * Actors put four entries each into a hash table by compare-and-swap, and go on to the next slot where one is
 * taken. The first eleven never meet; each further one meets one of those at three slots.
 */
#include "answers/answers.h"

#define SLOTS 128
#define ENTRIES 4

static u32 table[SLOTS];

void answer_reset(void)
{
	for (u32 i = 0; i < SLOTS; i++)
		table[i] = 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	for (u32 m = 1; m <= ENTRIES; m++) {
		u32 entry = m * 11 + actor;
		u32 slot = entry * 7 % SLOTS;
		u32 free = 0;

		while (!__atomic_compare_exchange_n(&table[slot], &free, entry, false, __ATOMIC_SEQ_CST,
						    __ATOMIC_SEQ_CST)) {
			slot = (slot + 1) % SLOTS;
			free = 0;
		}
	}
}

/* How many entries there are, and where: two of equal value are not distinguished. */
void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = value[1] = 0;
	for (u32 i = 0; i < SLOTS; i++) {
		value[0] += table[i] != 0;
		value[1] += (s64)(i + 1) * table[i];
	}
}
