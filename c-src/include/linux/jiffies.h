/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's time. It stands still, but for a timer that fires: then it is that timer's time, unless it is later
 * already.
 */
#ifndef _LINUX_JIFFIES_H
#define _LINUX_JIFFIES_H

#include <linux/math.h>
#include <linux/types.h>

#define HZ 1000
#define INITIAL_JIFFIES 0ul
#define MAX_JIFFY_OFFSET ((unsigned long)(~0ul >> 1) - 1)

/* Atomic, since a volatile access looks like any other in WebAssembly. */
extern _Atomic unsigned long jiffies;

u64 get_jiffies_64(void);

/* Which of two times comes first, though the count may have wrapped in between. */
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)
#define time_in_range(a, from, to) (time_after_eq(a, from) && time_before_eq(a, to))
#define time_is_before_jiffies(a) time_after(jiffies, a)
#define time_is_after_jiffies(a) time_before(jiffies, a)

/* A jiffy is a millisecond. */
#define msecs_to_jiffies(ms) ((unsigned long)(ms))
#define secs_to_jiffies(seconds) ((unsigned long)(seconds) * HZ)
#define usecs_to_jiffies(us) ((unsigned long)DIV_ROUND_UP((us), 1000))
#define nsecs_to_jiffies(ns) ((unsigned long)((ns) / 1000000))
#define jiffies_to_msecs(j) ((unsigned int)(j))
#define jiffies_to_usecs(j) ((unsigned int)(j) * 1000)

#define round_jiffies(j) (j)
#define round_jiffies_relative(j) (j)
#define round_jiffies_up(j) (j)

#endif
