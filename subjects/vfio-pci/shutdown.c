// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a machine, as its users and its administrator bring it about: every descriptor is closed, every
 * device unbound, every module unloaded. Nothing is forced, and a step that hangs hangs here. Whatever is
 * then not as it was is reported.
 */
#include <linux/string.h>

#include "kernel/vgaarb.h"
#include "lab/lab.h"

static const char name[] = "shutdown";

static void on_all_devices(struct lab_instance *instance, enum lab_op op)
{
	for (u32 i = 0; i < LAB_DEVICES; i++)
		lab_ops[op](instance, &(struct lab_step){ .op = op, .device = i });
}

/* Refusals do not matter: there is nothing to close where nothing is open. What is left behind is found later. */
static void take_leave(struct lab_instance *instance)
{
	on_all_devices(instance, LAB_OP_CONFIG_UNBLOCK);
	on_all_devices(instance, LAB_OP_PAGE_FAULT_END);
	on_all_devices(instance, LAB_OP_CLOSE);
	on_all_devices(instance, LAB_OP_UNBIND);
	for (u32 i = 0; i < LAB_MODULES; i++)
		lab_ops[LAB_OP_UNLOAD](instance, &(struct lab_step){ .op = LAB_OP_UNLOAD, .arg = { i } });
}

static u32 check(struct lab_instance *instance)
{
	u32 found = lab_check_modules() + stub_check_vga() + stub_check_eventfds() +
		    stub_check_notifiers();

	for (u32 i = 0; i < LAB_DEVICES; i++) {
		const struct lab_device *device = &instance->device[i];

		if (device->pdev)
			found += stub_check_function(device->pdev, device->user->usage);
	}
	return found + stub_check_leaks();
}

s64 lab_shutdown(struct lab_instance *instance, const struct lab_step *step)
{
	struct task_struct *task = current_task;
	char before[sizeof(task->comm)];
	u32 found;

	(void)step;
	memcpy(before, task->comm, sizeof(before));
	memcpy(task->comm, name, sizeof(name));
	take_leave(instance);
	found = check(instance);
	memcpy(task->comm, before, sizeof(before));
	return found;
}
