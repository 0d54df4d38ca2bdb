// SPDX-License-Identifier: GPL-2.0-only
/* Files, and a machine's one table of descriptors. */
#include <linux/anon_inodes.h>
#include <linux/file.h>

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/slab.h>

#include "kernel/compat.h"
#include "kernel/fault.h"
#include "kernel/stub.h"

STUB_FAULT(fget);

/* A descriptor goes by its place in the arena. One that is free is there for the next file. */
struct descriptor {
	struct descriptor *next;
	u32 busy;			/* word: a reference is being taken, or the file taken away */
	struct file *filp;
	bool is_used;			/* from get_unused_fd_flags() on */
};

static __machine struct {
	u32 busy;			/* word: one comes, or is given back */
	struct descriptor *first;
} files;

#define BUSY 1u

static void lock(u32 *busy)
{
	stub_acquire(busy, BUSY, BUSY);
}

static void unlock(u32 *busy)
{
	stub_release(busy, BUSY);
}

/* NULL where the number is none's. */
static struct descriptor *descriptor_of(unsigned int fd)
{
	struct descriptor *wanted = stub_object(fd);
	struct descriptor *at = wanted ? __atomic_load_n(&files.first, __ATOMIC_ACQUIRE) : NULL;

	while (at && at != wanted)
		at = at->next;
	return at;
}

/* ---- references ---- */

/* What it was opened by has gone with it; where files are opened, that is another function's. */
__attribute__((weak)) void stub_file_closed(struct file *filp)
{
	(void)filp;
}

static bool get_unless_gone(struct file *filp)
{
	return filp && atomic_long_add_unless(stub_file_refs(filp), 1, STUB_NO_FILE_REFS);
}

void fput(struct file *filp)
{
	long left = atomic_long_dec_return(stub_file_refs(filp)) - (long)STUB_NO_FILE_REFS;

	if (left < 0)
		stub_violation(STUB_REFERENCE_UNDERFLOW, filp);
	if (left)
		return;
	if (filp->f_op && filp->f_op->release)
		filp->f_op->release(filp->f_inode, filp);
	if (filp->f_inode)
		stub_file_closed(filp);
	kfree(filp);
}

void stub_file_init(struct file *filp, const struct file_operations *fops, void *priv)
{
	filp->f_op = fops;
	filp->private_data = priv;
	atomic_long_set(stub_file_refs(filp), (long)STUB_NO_FILE_REFS + 1);
}

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	struct file *filp = stub_kmalloc(sizeof(*filp), GFP_KERNEL | __GFP_ZERO);

	if (!filp)
		return ERR_PTR(-ENOMEM);
	stub_file_init(filp, fops, priv);
	filp->f_flags = (unsigned int)flags & (O_ACCMODE | O_NONBLOCK);
	filp->f_mode = OPEN_FMODE(flags);
	return filp;
}

struct file *anon_inode_getfile_fmode(const char *name, const struct file_operations *fops, void *priv, int flags, fmode_t mode)
{
	struct file *filp = anon_inode_getfile(name, fops, priv, flags);

	if (!IS_ERR(filp))
		filp->f_mode |= mode;
	return filp;
}

/* ---- descriptors ---- */

int get_unused_fd_flags(unsigned int flags)
{
	struct descriptor *at;

	lock(&files.busy);
	at = files.first;
	while (at && at->is_used)
		at = at->next;
	if (!at) {
		at = stub_keep(sizeof(*at));
		if (at) {
			at->next = files.first;
			__atomic_store_n(&files.first, at, __ATOMIC_RELEASE);
		}
	}
	if (at)
		at->is_used = true;
	unlock(&files.busy);
	return at ? (int)stub_number(at) : -EMFILE;
}

static void give_back(struct descriptor *at)
{
	lock(&files.busy);
	at->is_used = false;
	unlock(&files.busy);
}

void put_unused_fd(unsigned int fd)
{
	struct descriptor *at = descriptor_of(fd);

	if (!WARN_ON(!at || !at->is_used || at->filp))
		give_back(at);
}

void fd_install(unsigned int fd, struct file *filp)
{
	struct descriptor *at = descriptor_of(fd);

	if (!WARN_ON(!at || !at->is_used || at->filp))
		__atomic_store_n(&at->filp, filp, __ATOMIC_RELEASE);
}

int stub_file_install(struct file *filp)
{
	int fd = get_unused_fd_flags(0);

	if (fd >= 0)
		fd_install((unsigned int)fd, filp);
	return fd;
}

int stub_close(int fd)
{
	struct descriptor *at = descriptor_of((unsigned int)fd);
	struct file *filp;

	if (!at)
		return -EBADF;
	lock(&at->busy);
	filp = __atomic_exchange_n(&at->filp, NULL, __ATOMIC_SEQ_CST);
	unlock(&at->busy);
	if (!filp)
		return -EBADF;
	give_back(at);
	fput(filp);
	return 0;
}

/* Who has found a file takes his reference before its memory goes. */
struct file *stub_file_of(unsigned int fd)
{
	struct descriptor *at = descriptor_of(fd);
	struct file *filp;

	if (!at)
		return NULL;
	lock(&at->busy);
	filp = get_unless_gone(at->filp) ? at->filp : NULL;
	unlock(&at->busy);
	return filp;
}

struct file *fget(unsigned int fd)
{
	return stub_object(fd) && stub_should_fail(fget) ? NULL : stub_file_of(fd);
}

#ifdef EMPTY_FD
struct fd fdget(unsigned int fd)
{
	struct file *filp = stub_file_of(fd);

	return filp ? (struct fd){ (unsigned long)filp | FDPUT_FPUT } : EMPTY_FD;
}
#else
/* The address and the bit are put apart by the header. */
unsigned long __fdget(unsigned int fd)
{
	struct file *filp = stub_file_of(fd);

	return filp ? (unsigned long)filp | FDPUT_FPUT : 0;
}
#endif

u32 stub_check_files(void)
{
	u32 wrong = 0;

	for (const struct descriptor *at = files.first; at; at = at->next) {
		if (!at->filp || file_count(at->filp) == 1)
			continue;
		stub_violation(STUB_UNBALANCED_FILE, at->filp);
		wrong++;
	}
	return wrong;
}
