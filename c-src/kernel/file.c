// SPDX-License-Identifier: GPL-2.0-only
/* Files, and descriptors of those that a user was given one of: their numbers in the machine's arena. */
#include <linux/fs.h>

#include <linux/err.h>
#include <linux/slab.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(fget);

/* Those with a descriptor, by which one is known from any other number. One that is gone leaves its place to the next. */
struct known {
	struct known *next;
	struct file *filp;
};

static __machine struct {
	u32 busy;			/* word: one is looked for, comes or goes */
	struct known *first;
} files;

#define BUSY 1u

static void lock_files(void)
{
	stub_acquire(&files.busy, BUSY, BUSY);
}

static void unlock_files(void)
{
	stub_release(&files.busy, BUSY);
}

/* @filp NULL: a place for one. */
static struct known *find(const struct file *filp)
{
	struct known *known = __atomic_load_n(&files.first, __ATOMIC_ACQUIRE);

	while (known && __atomic_load_n(&known->filp, __ATOMIC_ACQUIRE) != filp)
		known = known->next;
	return known;
}

int stub_file_install(struct file *filp)
{
	struct known *known;

	lock_files();
	known = find(NULL);
	if (!known) {
		known = stub_keep(sizeof(*known));
		if (known) {
			known->next = files.first;
			__atomic_store_n(&files.first, known, __ATOMIC_RELEASE);
		}
	}
	if (known)
		__atomic_store_n(&known->filp, filp, __ATOMIC_RELEASE);
	unlock_files();
	return known ? (int)stub_number(filp) : -ENOMEM;
}

/* Who has found a file takes his reference before its memory goes. */
static void forget(const struct file *filp)
{
	if (!find(filp))
		return;
	lock_files();
	__atomic_store_n(&find(filp)->filp, NULL, __ATOMIC_RELEASE);
	unlock_files();
}

struct file *fget(int fd)
{
	struct file *filp = stub_object((u32)fd);
	bool had = false;

	if (!filp || stub_should_fail(fget))
		return NULL;
	lock_files();
	if (find(filp))
		had = atomic_inc_not_zero(&filp->f_count);
	unlock_files();
	return had ? filp : NULL;
}

u32 stub_check_files(void)
{
	u32 wrong = 0;

	for (const struct known *known = files.first; known; known = known->next) {
		if (!known->filp || atomic_read(&known->filp->f_count) == 1)
			continue;
		stub_violation(STUB_UNBALANCED_FILE, known->filp);
		wrong++;
	}
	return wrong;
}

struct file *anon_inode_getfile(const struct file_operations *fops, void *priv)
{
	struct file *filp = kzalloc(sizeof(*filp), GFP_KERNEL);

	if (!filp)
		return ERR_PTR(-ENOMEM);
	filp->f_op = fops;
	filp->private_data = priv;
	atomic_set(&filp->f_count, 1);
	return filp;
}

struct file *get_file(struct file *filp)
{
	atomic_inc(&filp->f_count);
	return filp;
}

void fput(struct file *filp)
{
	int left = atomic_dec_return(&filp->f_count);

	if (left < 0)
		stub_violation(STUB_REFERENCE_UNDERFLOW, filp);
	if (left)
		return;
	forget(filp);
	if (filp->f_op && filp->f_op->release)
		filp->f_op->release(NULL, filp);
	kfree(filp);
}
