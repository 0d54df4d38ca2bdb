/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for an event by being called, which is how the kernel's own users of eventfds do it. */
#ifndef _LINUX_WAIT_H
#define _LINUX_WAIT_H

#include <linux/types.h>

struct wait_queue_entry {
	bool (*func)(struct wait_queue_entry *wait);	/* in atomic context; true: the rest is work */
	void (*work)(struct wait_queue_entry *wait);	/* ... which may sleep */
	struct wait_queue_entry *next;
};

#endif
