// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completions. The word counts down from NONE with every complete() and up again with every wait, so
 * that "nothing to take" is one bit of it and a wait is an ordinary acquire.
 */
#include <linux/completion.h>

#include "kernel/stub.h"

#define NONE 0x4000u

void init_completion(struct completion *x)
{
	x->word = NONE;
}

void complete(struct completion *x)
{
	stub_release(&x->word, 1);
}

void wait_for_completion(struct completion *x)
{
	stub_might_sleep(x);
	stub_acquire(&x->word, NONE, 1);
}
