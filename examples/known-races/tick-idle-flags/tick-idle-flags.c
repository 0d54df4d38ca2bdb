// SPDX-License-Identifier: GPL-2.0-only
/*
 * From kernel/time/tick-sched.c: flags of a CPU that is idle, written by its idle loop and by
 * interrupts that wake it. Left out: that it is one of each CPU's, and the clock.
 */
#include <linux/types.h>

struct tick_sched {
	unsigned int inidle:1;
	unsigned int tick_stopped:1;
	unsigned int idle_active:1;
	unsigned int do_timer_last:1;
	unsigned int got_idle_tick:1;
	unsigned int idle_calls;
};

/* The tick came while the CPU slept. */
static struct tick_sched tick_cpu_sched = { .inidle = 1, .idle_active = 1, .got_idle_tick = 1 };

/* The idle loop asks whether it was the tick that woke it. */
bool tick_nohz_idle_got_tick(void)
{
	struct tick_sched *ts = &tick_cpu_sched;
	bool got = ts->got_idle_tick;

	if (got)
		ts->got_idle_tick = 0;
	return got;
}

/* Each interrupt begins with this: the CPU is idle no longer. */
void tick_irq_enter(void)
{
	struct tick_sched *ts = &tick_cpu_sched;

	if (ts->idle_active)
		ts->idle_active = 0;
}
