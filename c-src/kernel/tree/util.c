// SPDX-License-Identifier: GPL-2.0-only
/* Copies of what users have, and numbers that nobody can guess but who knows how they are made. */
#include <linux/random.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <linux/err.h>
#include <linux/slab.h>

#include "kernel/compat.h"
#include "kernel/stub.h"

void __might_fault(const char *file, int line)
{
	__might_sleep(file, line);
}

/* With so many bytes behind them, which are zero. */
static void *copy(const void __user *from, size_t bytes, size_t behind, void *(*allocate)(size_t bytes, gfp_t gfp))
{
	void *to = allocate(bytes + behind, GFP_USER);

	if (!to)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(to, from, bytes)) {
		kvfree(to);
		return ERR_PTR(-EFAULT);
	}
	memset((char *)to + bytes, 0, behind);
	return to;
}

void *memdup_user(const void __user *from, size_t bytes)
{
	return copy(from, bytes, 0, stub_kmalloc);
}

void *vmemdup_user(const void __user *from, size_t bytes)
{
	return copy(from, bytes, 0, stub_kvmalloc);
}

void *memdup_user_nul(const void __user *from, size_t bytes)
{
	return copy(from, bytes, 1, stub_kmalloc);
}

/* @most: with the 0 at its end. */
char *strndup_user(const char __user *text, long most)
{
	size_t length = strnlen((const char __force *)text, (size_t)most);

	return length < (size_t)most ? copy(text, length, 1, stub_kmalloc) : ERR_PTR(-EINVAL);
}

const char *kstrdup_const(const char *text, gfp_t gfp)
{
	return kstrdup(text, gfp);
}

void kfree_const(const void *text)
{
	kfree(text);
}

char *kmemdup_nul(const char *text, size_t length, gfp_t gfp)
{
	char *to = text ? stub_kmalloc(length + 1, gfp) : NULL;

	if (!to)
		return NULL;
	memcpy(to, text, length);
	to[length] = 0;
	return to;
}

/* The same for each machine, so that a schedule is the same each time. G. Marsaglia, "Xorshift RNGs", 2003. */
void get_random_bytes(void *to, size_t count)
{
	static __machine u32 last = 2463534242u;
	u8 *bytes = to;

	for (size_t i = 0; i < count; i++) {
		last ^= last << 13;
		last ^= last >> 17;
		last ^= last << 5;
		bytes[i] = (u8)last;
	}
}
