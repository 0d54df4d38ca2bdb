/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_STRING_H
#define _LINUX_STRING_H

#include <linux/types.h>

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

/* Inline, as a single instruction, so that the access is its caller's. */
#define memcpy(to, from, bytes) __builtin_memcpy(to, from, bytes)
#define memmove(to, from, bytes) __builtin_memmove(to, from, bytes)
#define memset(to, value, bytes) __builtin_memset(to, value, bytes)

int memcmp(const void *a, const void *b, size_t bytes);
void *memchr(const void *bytes, int value, size_t count);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t most);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t most);
int strcasecmp(const char *a, const char *b);
char *strchr(const char *text, int c);
char *strrchr(const char *text, int c);
char *strstr(const char *text, const char *part);
char *kstrdup(const char *text, gfp_t gfp);
char *kstrndup(const char *text, size_t most, gfp_t gfp);
/* Equal but for a newline at the end of either. */
bool sysfs_streq(const char *a, const char *b);

/* Bytes copied, without the 0 at the end, which is always there; -E2BIG where not all of it had room. */
ssize_t sized_strscpy(char *to, const char *from, size_t room);

/* The same, and what is left of the room is zeroed. */
static inline ssize_t sized_strscpy_pad(char *to, const char *from, size_t room)
{
	ssize_t length = sized_strscpy(to, from, room);

	if (length >= 0)
		memset(to + length, 0, room - (size_t)length);
	return length;
}

/* The room is given, or that of the array @to. */
#define __STUB_STRING_ROOM(to, room, more...) (room)
#define strscpy(to, from, room...) sized_strscpy((to), (from), __STUB_STRING_ROOM(to, ##room, sizeof(to)))
#define strscpy_pad(to, from, room...) sized_strscpy_pad((to), (from), __STUB_STRING_ROOM(to, ##room, sizeof(to)))

#define memzero_explicit(to, bytes) memset((to), 0, (bytes))

/* Bytes of the prefix that the text begins with; 0 where it does not. */
static inline size_t str_has_prefix(const char *text, const char *prefix)
{
	size_t bytes = strlen(prefix);

	return strncmp(text, prefix, bytes) ? 0 : bytes;
}

#endif
