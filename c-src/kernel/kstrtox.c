// SPDX-License-Identifier: GPL-2.0-only
/* Numbers and switches from text. */
#include <linux/kstrtox.h>

#include <linux/errno.h>
#include <linux/kernel.h>

/* The first letter says it, but for "on" and "off", which need the second one. */
int kstrtobool(const char *text, bool *value)
{
	char c = text ? text[0] : 0;

	if (c == 'o' || c == 'O')
		c = text[1] == 'n' || text[1] == 'N' ? 'y' : text[1] == 'f' || text[1] == 'F' ? 'n' : 0;
	if (c == 'y' || c == 'Y' || c == 't' || c == 'T' || c == '1')
		*value = true;
	else if (c == 'n' || c == 'N' || c == 'f' || c == 'F' || c == '0')
		*value = false;
	else
		return -EINVAL;
	return 0;
}

/* No base has a digit like this one. */
#define NO_DIGIT 255u

static unsigned int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 : NO_DIGIT;
}

static bool has_hex_prefix(const char *text)
{
	return text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && digit_of(text[2]) < 16;
}

/* Without a sign. */
static int parse(const char *text, unsigned int base, unsigned long long *value)
{
	unsigned long long sum = 0;
	bool fits = true;

	if (!base)
		base = has_hex_prefix(text) ? 16 : text[0] == '0' ? 8 : 10;
	if (base == 16 && has_hex_prefix(text))
		text += 2;
	if (digit_of(*text) >= base)
		return -EINVAL;
	for (; digit_of(*text) < base; text++) {
		fits = fits && sum <= (~0ull - digit_of(*text)) / base;
		sum = sum * base + digit_of(*text);
	}
	if (*text == '\n')
		text++;
	if (*text)
		return -EINVAL;
	if (!fits)
		return -ERANGE;
	*value = sum;
	return 0;
}

int kstrtoull(const char *text, unsigned int base, unsigned long long *value)
{
	return parse(*text == '+' ? text + 1 : text, base, value);
}

int kstrtoll(const char *text, unsigned int base, long long *value)
{
	bool negative = *text == '-';
	unsigned long long amount;
	int ret = negative ? parse(text + 1, base, &amount) : kstrtoull(text, base, &amount);

	if (ret)
		return ret;
	if (amount > (~0ull >> 1) + negative)
		return -ERANGE;
	*value = negative ? (long long)-amount : (long long)amount;
	return 0;
}

/* Of a narrower type: what is left after the conversion is what was there before, or it did not fit. */
#define DEFINE_NARROWER(name, type, wide, parse_wide)					\
	int name(const char *text, unsigned int base, type *value)			\
	{										\
		wide parsed;								\
		int ret = parse_wide(text, base, &parsed);				\
											\
		if (ret)								\
			return ret;							\
		if ((wide)(type)parsed != parsed)					\
			return -ERANGE;							\
		*value = (type)parsed;							\
		return 0;								\
	}

DEFINE_NARROWER(_kstrtoul, unsigned long, unsigned long long, kstrtoull)
DEFINE_NARROWER(_kstrtol, long, long long, kstrtoll)
DEFINE_NARROWER(kstrtouint, unsigned int, unsigned long long, kstrtoull)
DEFINE_NARROWER(kstrtoint, int, long long, kstrtoll)
DEFINE_NARROWER(kstrtou16, u16, unsigned long long, kstrtoull)
DEFINE_NARROWER(kstrtos16, s16, long long, kstrtoll)
DEFINE_NARROWER(kstrtou8, u8, unsigned long long, kstrtoull)
DEFINE_NARROWER(kstrtos8, s8, long long, kstrtoll)
