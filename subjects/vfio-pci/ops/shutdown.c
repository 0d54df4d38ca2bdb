// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a machine, as its users and its administrator bring it about: every descriptor is closed, every
 * device unbound, every module unloaded. Nothing is forced, and a step that hangs hangs here. Whatever is
 * then not as it was is reported.
 */
#include <linux/string.h>

#include "lab/op.h"
#include "../model/vgaarb.h"
#include "slots.h"

static const char name[] = "shutdown";

static void on_all_devices(s64 (*op)(u32 device))
{
	for (u32 i = 0; i < SLOTS; i++)
		op(i);
}

/* Refusals do not matter: there is nothing to close where nothing is open. What is left behind is found later. */
static void take_leave(void)
{
	on_all_devices(op_config_unblock);
	on_all_devices(op_page_fault_end);
	on_all_devices(op_close);
	on_all_devices(op_unbind);
	for (u32 i = 0; i < SLOT_MODULES; i++)
		op_unload((enum slot_module)i);
}

static u32 check(void)
{
	u32 found = check_modules() + stub_check_vga() + stub_check_eventfds() + stub_check_files() +
		    stub_check_notifiers();

	for (u32 i = 0; i < SLOTS; i++)
		if (slots[i].pdev)
			found += stub_check_function(slots[i].pdev, slots[i].user->usage);
	return found + stub_check_leaks();
}

/* -> what was left behind, or out of balance */
LAB_OP(shutdown)
{
	struct stub_task *task = current_task;
	char before[sizeof(task->comm)];
	u32 found;

	memcpy(before, task->comm, sizeof(before));
	memcpy(task->comm, name, sizeof(name));
	take_leave();
	found = check();
	memcpy(task->comm, before, sizeof(before));
	return found;
}
