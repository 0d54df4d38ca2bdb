// SPDX-License-Identifier: GPL-2.0-only
/* Address space, as it is shared out: a range has others below it, which do not overlap. */
#include <linux/ioport.h>

#include <linux/errno.h>

#include "kernel/stub.h"

__machine struct resource iomem_resource = {
	.name = "PCI mem",
	.start = 0,
	.end = -1,
	.flags = IORESOURCE_MEM,
};

__machine struct resource ioport_resource = {
	.name = "PCI IO",
	.start = 0,
	.end = 0xffff,
	.flags = IORESOURCE_IO,
};

#define LOCKED 1u

static __machine u32 lock;	/* word: of all of them */

static bool fits(const struct resource *root, const struct resource *new)
{
	return new->start <= new->end && new->start >= root->start && new->end <= root->end;
}

/* Puts it in below @root, sorted; what is in the way instead, if there is anything. */
static struct resource *put_in(struct resource *root, struct resource *new)
{
	struct resource **at = &root->child;

	if (!fits(root, new))
		return root;
	while (*at && (*at)->end < new->start)
		at = &(*at)->sibling;
	if (*at && (*at)->start <= new->end)
		return *at;
	new->parent = root;
	new->sibling = *at;
	*at = new;
	return NULL;
}

struct resource *request_resource_conflict(struct resource *root, struct resource *new)
{
	struct resource *conflict;

	stub_acquire(&lock, LOCKED, LOCKED);
	conflict = put_in(root, new);
	stub_release(&lock, LOCKED);
	return conflict;
}

int request_resource(struct resource *root, struct resource *new)
{
	return request_resource_conflict(root, new) ? -EBUSY : 0;
}

static int take_out(struct resource *old)
{
	struct resource **at = old->parent ? &old->parent->child : NULL;

	while (at && *at && *at != old)
		at = &(*at)->sibling;
	if (!at || !*at)
		return -EINVAL;
	*at = old->sibling;
	old->parent = NULL;
	return 0;
}

int release_resource(struct resource *old)
{
	int ret;

	stub_acquire(&lock, LOCKED, LOCKED);
	ret = take_out(old);
	stub_release(&lock, LOCKED);
	return ret;
}
