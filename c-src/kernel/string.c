// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the compiler and the kernel expect of a C library: for those that call by address, or by themselves. The
 * memory builtins become single instructions (bulk memory is on), so no function calls itself.
 */
#include <linux/string.h>

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
