// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of all who wait for a bit or a variable. A kernel has many, by a hash of the address, and wakes those who
 * wait for another one in vain as well.
 */
#include <linux/wait_bit.h>

#include "kernel/stub.h"

static __machine DECLARE_WAIT_QUEUE_HEAD(queue);

wait_queue_head_t *__var_waitqueue(void *variable)
{
	(void)variable;
	return &queue;
}
