// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the compiler and the kernel expect of a C library: for those that call by address, or by themselves. The
 * memory builtins become single instructions (bulk memory is on), so no function calls itself.
 */
#include <linux/string.h>

#include <linux/errno.h>

#include "kernel/compat.h"

void *(memcpy)(void *to, const void *from, size_t bytes)
{
	return __builtin_memcpy(to, from, bytes);
}

void *(memmove)(void *to, const void *from, size_t bytes)
{
	return __builtin_memmove(to, from, bytes);
}

void *(memset)(void *to, int value, size_t bytes)
{
	return __builtin_memset(to, value, bytes);
}

int memcmp(const void *a, const void *b, size_t bytes)
{
	const u8 *left = a, *right = b;

	for (size_t i = 0; i < bytes; i++)
		if (left[i] != right[i])
			return left[i] - right[i];
	return 0;
}

__attribute__((no_builtin)) size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

__attribute__((no_builtin)) size_t strnlen(const char *text, size_t most)
{
	size_t length = 0;

	while (length < most && text[length])
		length++;
	return length;
}

int strncmp(const char *a, const char *b, size_t most)
{
	for (; most; most--, a++, b++)
		if (!*a || *a != *b)
			return (u8)*a - (u8)*b;
	return 0;
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (u8)c;
}

int strcasecmp(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) - lower(*b);
}

void *memchr(const void *bytes, int value, size_t count)
{
	for (const u8 *at = bytes; count; at++, count--)
		if (*at == (u8)value)
			return (void *)at;
	return NULL;
}

/* The 0 at the end is part of the text. */
char *strchr(const char *text, int c)
{
	return memchr(text, c, strlen(text) + 1);
}

char *strrchr(const char *text, int c)
{
	for (size_t at = strlen(text) + 1; at-- > 0;)
		if (text[at] == (char)c)
			return (char *)text + at;
	return NULL;
}

char *strstr(const char *text, const char *part)
{
	size_t length = strlen(part);

	for (; strlen(text) >= length; text++)
		if (!memcmp(text, part, length))
			return (char *)text;
	return NULL;
}

bool sysfs_streq(const char *a, const char *b)
{
	size_t left = strlen(a), right = strlen(b);

	if (left && a[left - 1] == '\n')
		left--;
	if (right && b[right - 1] == '\n')
		right--;
	return left == right && !memcmp(a, b, left);
}

ssize_t sized_strscpy(char *to, const char *from, size_t room)
{
	size_t length = strnlen(from, room);

	if (!room)
		return -E2BIG;
	if (length < room) {
		memcpy(to, from, length + 1);
		return (ssize_t)length;
	}
	memcpy(to, from, room - 1);
	to[room - 1] = 0;
	return -E2BIG;
}
