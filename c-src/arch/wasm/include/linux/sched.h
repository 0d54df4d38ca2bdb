/* SPDX-License-Identifier: GPL-2.0-only */
/* The stub kernel keeps the state of the running task itself, and not where the kernel's macros would store it. */
#ifndef _STUB_LINUX_SCHED_H
#define _STUB_LINUX_SCHED_H

#include_next <linux/sched.h>

/* From here on a wake-up counts; a full barrier. */
void stub_set_current_state(unsigned int state);

#undef __set_current_state
#define __set_current_state(state) stub_set_current_state(state)
#undef set_current_state
#define set_current_state(state) stub_set_current_state(state)
#undef set_special_state
#define set_special_state(state) stub_set_current_state(state)

#endif
