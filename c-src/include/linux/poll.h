/* SPDX-License-Identifier: GPL-2.0-only */
/* What a file is ready for, and being told when that changes. */
#ifndef _LINUX_POLL_H
#define _LINUX_POLL_H

#include <linux/fs.h>
#include <linux/wait.h>
#include <uapi/linux/eventpoll.h>

#define DEFAULT_POLLMASK (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)

struct poll_table_struct;

typedef void (*poll_queue_proc)(struct file *filp, wait_queue_head_t *wq, struct poll_table_struct *table);

/* @_qproc: called with each queue that tells, for who asks to add an entry to it. */
typedef struct poll_table_struct {
	poll_queue_proc _qproc;
	__poll_t _key;
} poll_table;

static inline void init_poll_funcptr(poll_table *table, poll_queue_proc function)
{
	table->_qproc = function;
	table->_key = ~(__poll_t)0;
}

/* The caller looks what is ready afterwards: who makes it so and wakes the queue sees the entry, or is seen. */
static inline void poll_wait(struct file *filp, wait_queue_head_t *wq, poll_table *table)
{
	if (!table || !table->_qproc)
		return;
	table->_qproc(filp, wq, table);
	smp_mb();
}

static inline __poll_t vfs_poll(struct file *filp, struct poll_table_struct *table)
{
	return filp->f_op->poll ? filp->f_op->poll(filp, table) : DEFAULT_POLLMASK;
}

#endif
