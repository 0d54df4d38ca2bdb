// SPDX-License-Identifier: GPL-2.0-only
/* A jiffy is a millisecond. */
#include <linux/jiffies.h>

#include <linux/version.h>

unsigned long __msecs_to_jiffies(const unsigned int ms)
{
	return (int)ms < 0 ? MAX_JIFFY_OFFSET : ms;
}

unsigned long __usecs_to_jiffies(const unsigned int us)
{
	return us / 1000 + !!(us % 1000);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
/* Later ones have it inline. */
unsigned int jiffies_to_msecs(const unsigned long count)
{
	return (unsigned int)count;
}

unsigned int jiffies_to_usecs(const unsigned long count)
{
	return (unsigned int)count * 1000;
}
#endif

u64 nsecs_to_jiffies64(u64 ns)
{
	return ns / NSEC_PER_MSEC;
}

unsigned long nsecs_to_jiffies(u64 ns)
{
	return (unsigned long)nsecs_to_jiffies64(ns);
}

/* To a whole second, so that timers fire together: back to one that has just begun, if there is still time, or else on. */
static unsigned long rounded(unsigned long then, bool never_back)
{
	unsigned long over = then % HZ, whole = then - over;

	if (over >= HZ / 4 || (never_back && over))
		whole += HZ;
	return time_after(whole, jiffies) ? whole : then;
}

unsigned long round_jiffies(unsigned long then)
{
	return rounded(then, false);
}

unsigned long round_jiffies_relative(unsigned long count)
{
	return rounded(jiffies + count, false) - jiffies;
}

unsigned long round_jiffies_up(unsigned long then)
{
	return rounded(then, true);
}
