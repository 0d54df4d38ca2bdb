/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors of files: each has a reference. */
#ifndef _LINUX_FILE_H
#define _LINUX_FILE_H

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/types.h>

struct file;

void fput(struct file *filp);
/* By descriptor, with a reference for the caller; NULL where it is none. */
struct file *fget(unsigned int fd);

/* A file for the time of a call: what it has to give back is in the address. */
struct fd {
	unsigned long word;
};

#define FDPUT_FPUT 1
#define fd_file(f) ((struct file *)((f).word & ~3ul))
#define EMPTY_FD (struct fd){ 0 }

static inline bool fd_empty(struct fd f)
{
	return !f.word;
}

struct fd fdget(unsigned int fd);

static inline void fdput(struct fd f)
{
	if (f.word & FDPUT_FPUT)
		fput(fd_file(f));
}

/* A descriptor of no file yet; it becomes one of a file, with the caller's reference, or is given back. */
int get_unused_fd_flags(unsigned int flags);
void fd_install(unsigned int fd, struct file *filp);
void put_unused_fd(unsigned int fd);

DEFINE_FREE(fput, struct file *, if (!IS_ERR_OR_NULL(_T)) fput(_T))

#endif
