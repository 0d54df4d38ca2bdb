/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_COMPLETION_H
#define _LINUX_COMPLETION_H

#include <linux/types.h>

/* The first word is the state; with the rest it is as long as a kernel's own. */
struct completion {
	u32 word;
	u32 reserved;
	void *kernel_has_more[3];
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct completion) == 32, "completion");
#endif

void init_completion(struct completion *x);
void complete(struct completion *x);
void wait_for_completion(struct completion *x);

#endif
