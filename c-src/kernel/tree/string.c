// SPDX-License-Identifier: GPL-2.0-only
/* What drivers ask of texts beside kernel/string.c. */
#include <linux/string.h>

#include <linux/types.h>

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (u8)c;
}

/* The next part of a text, which ends where one of the separators was; NULL: there is none. */
char *strsep(char **text, const char *separators)
{
	char *part = *text, *end = part;

	if (!part)
		return NULL;
	while (*end && !strchr(separators, *end))
		end++;
	*text = *end ? end + 1 : NULL;
	*end = 0;
	return part;
}

char *strpbrk(const char *text, const char *wanted)
{
	for (; *text; text++)
		if (strchr(wanted, *text))
			return (char *)text;
	return NULL;
}

char *strcpy(char *to, const char *from)
{
	memcpy(to, from, strlen(from) + 1);
	return to;
}

char *strncpy(char *to, const char *from, size_t room)
{
	size_t length = strnlen(from, room);

	memcpy(to, from, length);
	memset(to + length, 0, room - length);
	return to;
}

char *strcat(char *to, const char *from)
{
	strcpy(to + strlen(to), from);
	return to;
}

char *skip_spaces(const char *text)
{
	while (is_space(*text))
		text++;
	return (char *)text;
}

char *strim(char *text)
{
	size_t length;

	text = skip_spaces(text);
	for (length = strlen(text); length && is_space(text[length - 1]); length--)
		;
	text[length] = 0;
	return text;
}

int strncasecmp(const char *a, const char *b, size_t most)
{
	for (; most; most--, a++, b++)
		if (!*a || lower(*a) != lower(*b))
			return lower(*a) - lower(*b);
	return 0;
}
