/* SPDX-License-Identifier: GPL-2.0-only */
/* Pauses: no time passes in one, and in a schedule anything may happen there as everywhere. */
#ifndef _LINUX_DELAY_H
#define _LINUX_DELAY_H

#include <linux/kernel.h>

#define ndelay(ns) ((void)(ns))
#define udelay(us) ((void)(us))
#define mdelay(ms) ((void)(ms))

static inline void msleep(unsigned int ms)
{
	(void)ms;
	might_sleep();
}

static inline unsigned long msleep_interruptible(unsigned int ms)
{
	msleep(ms);
	return 0;
}

static inline void ssleep(unsigned int seconds)
{
	msleep(seconds * 1000);
}

static inline void usleep_range(unsigned long least, unsigned long most)
{
	(void)least, (void)most;
	might_sleep();
}

static inline void fsleep(unsigned long us)
{
	(void)us;
	might_sleep();
}

#endif
