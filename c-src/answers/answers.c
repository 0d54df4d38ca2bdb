// SPDX-License-Identifier: GPL-2.0-only
/* What all programs have in common; the simulator's own functions stand in for those that trap. */
#include "answers/answers.h"

u32 answer_n = 1;

void ANSWER_EXPORT(sim_access)(u32 address, u32 bytes, u32 what)
{
	(void)address, (void)bytes, (void)what;
	__builtin_trap();
}

void ANSWER_EXPORT(sim_cas)(u32 address, u32 bytes, u32 what, u64 expected, u64 replacement)
{
	(void)address, (void)bytes, (void)what, (void)expected, (void)replacement;
	__builtin_trap();
}

void ANSWER_EXPORT(sim_copy)(u32 to, u32 from, u32 bytes, u32 what)
{
	(void)to, (void)from, (void)bytes, (void)what;
	__builtin_trap();
}

void ANSWER_EXPORT(sim_loop)(u32 what)
{
	(void)what;
	__builtin_trap();
}

void ANSWER_EXPORT(sim_frame)(u32 frame, u32 bytes, u32 what)
{
	(void)frame, (void)bytes, (void)what;
	__builtin_trap();
}

void ANSWER_EXPORT(stub_acquire)(u32 *word, u32 busy, u32 claim)
{
	(void)word, (void)busy, (void)claim;
	__builtin_trap();
}

bool ANSWER_EXPORT(stub_try_acquire)(u32 *word, u32 busy, u32 claim)
{
	(void)word, (void)busy, (void)claim;
	__builtin_trap();
}

void ANSWER_EXPORT(stub_release)(u32 *word, u32 claim)
{
	(void)word, (void)claim;
	__builtin_trap();
}

void ANSWER_EXPORT(sim_setup)(void)
{
	struct answer_states *states = answer_states();

	*states = (struct answer_states){ .n = answer_n };
	answer_reset();
}
