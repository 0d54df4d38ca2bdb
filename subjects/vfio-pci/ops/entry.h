/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How ops reach the driver: what differs between the excerpt and a kernel's own sources. There is one of these for either, in
 * excerpt/ and in tree/, and the ops know neither.
 */
#ifndef VFIO_PCI_ENTRY_H
#define VFIO_PCI_ENTRY_H

#include <linux/moduleparam.h>
#include <linux/types.h>

#include "slots.h"

/* A module. */
struct entry_module {
	struct module *module;		/* NULL: there is none */
	const char *driver;		/* by which its devices are bound to it; NULL: it has none */
	int (*init)(void);		/* NULL: nothing is to be done */
	void (*exit)(void);
};

/* By enum slot_module. */
struct entry_module entry_module(enum slot_module which);
/* What those need, in the order in which it is loaded; one without a module is behind the last. */
struct entry_module entry_needed(u32 nr);
/* The one of them that devices are the affair of: what they leave with others to be called back lies there. */
struct module *entry_core(void);
/* NULL: there is no such parameter. */
const struct kernel_param *entry_param(enum slot_param which);

/* The kernel is there, and no function yet. */
void entry_begin(void);
/* The function in the slot is there; 0, or an errno. */
int entry_plug(struct slot *slot, const struct slot_spec *spec);

/* The user gets ready for the device, whose driver has come; and gives up all that keeps that from going. */
void entry_join(struct slot *slot);
void entry_leave(struct slot *slot);

/* Opens the device: slot->user->file is there then. */
int entry_open(struct slot *slot);
/* Nobody uses that any more. */
void entry_release(struct slot *slot);
/* A descriptor of the group that the device is in. */
int entry_group(const struct slot *slot);

#endif
