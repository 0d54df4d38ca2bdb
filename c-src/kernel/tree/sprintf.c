// SPDX-License-Identifier: GPL-2.0-only
/*
 * Texts from formats, and back. Of the kernel's own conversions of pointers there is %pe, of an error; what any other one
 * (%pU and the like) says is the address, and no address is hidden.
 */
#include <linux/kernel.h>

#include <linux/bug.h>
#include <linux/err.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kernel/stub.h"

/* What is written beyond the room is only counted. */
struct out {
	char *to;
	size_t room, length;
};

static void put(struct out *out, char c)
{
	if (out->length < out->room)
		out->to[out->length] = c;
	out->length++;
}

static void fill(struct out *out, char c, int count)
{
	for (; count > 0; count--)
		put(out, c);
}

struct conversion {
	bool left, zero, sharp;
	char sign;			/* of what is not negative; 0: none */
	int width, precision;		/* -1: not given */
	int longs;			/* -2: char, -1: short, 0: int, 1: long, 2: long long */
};

static void put_text(struct out *out, const struct conversion *how, const char *text)
{
	int length;

	if (IS_ERR_OR_NULL(text))
		text = text ? "(efault)" : "(null)";
	length = (int)strnlen(text, how->precision < 0 ? INT_MAX : (size_t)how->precision);
	fill(out, ' ', how->left ? 0 : how->width - length);
	for (int i = 0; i < length; i++)
		put(out, text[i]);
	fill(out, ' ', how->left ? how->width - length : 0);
}

static void put_char(struct out *out, const struct conversion *how, char c)
{
	fill(out, ' ', how->left ? 0 : how->width - 1);
	put(out, c);
	fill(out, ' ', how->left ? how->width - 1 : 0);
}

/* A digit is there in any case, also where C's precision of 0 would leave none. */
static void put_number(struct out *out, const struct conversion *how, unsigned long long value, unsigned int base,
		       bool upper, char sign)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	const char *prefix = how->sharp && base == 16 ? upper ? "0X" : "0x" : how->sharp && base == 8 && value ? "0" : "";
	char reversed[24];
	int count = 0, zeros, width;

	do
		reversed[count++] = digits[value % base];
	while (value /= base);
	zeros = how->precision - count;
	if (zeros < 0)
		zeros = 0;
	width = how->width - count - zeros - (int)strlen(prefix) - !!sign;
	if (how->zero && !how->left && how->precision < 0 && width > 0) {
		zeros += width;
		width = 0;
	}
	fill(out, ' ', how->left ? 0 : width);
	if (sign)
		put(out, sign);
	while (*prefix)
		put(out, *prefix++);
	fill(out, '0', zeros);
	while (count)
		put(out, reversed[--count]);
	fill(out, ' ', how->left ? width : 0);
}

/* A number in the format, or an argument where there is a star. */
static const char *read_count(const char *format, int *count, va_list *args)
{
	if (*format == '*') {
		*count = va_arg(*args, int);
		return format + 1;
	}
	for (*count = 0; *format >= '0' && *format <= '9'; format++)
		*count = *count * 10 + (*format - '0');
	return format;
}

static const char *read_longs(const char *format, int *longs)
{
	for (*longs = 0;; format++) {
		if (*format == 'l')
			++*longs;
		else if (*format == 'h')
			--*longs;
		else if (*format == 'L' || *format == 'j')
			*longs = 2;
		else if (*format != 'z' && *format != 't')
			return format;
		else
			*longs = 1;
	}
}

static const char *read_conversion(const char *format, struct conversion *how, va_list *args)
{
	*how = (struct conversion){ .precision = -1 };
	for (;; format++) {
		if (*format == '-')
			how->left = true;
		else if (*format == '0')
			how->zero = true;
		else if (*format == '#')
			how->sharp = true;
		else if (*format == '+' || (*format == ' ' && !how->sign))
			how->sign = *format;
		else if (*format != ' ')
			break;
	}
	format = read_count(format, &how->width, args);
	if (how->width < 0) {
		how->left = true;
		how->width = -how->width;
	}
	if (*format == '.')
		format = read_count(format + 1, &how->precision, args);
	return read_longs(format, &how->longs);
}

static unsigned long long unsigned_argument(const struct conversion *how, va_list *args)
{
	if (how->longs >= 2)
		return va_arg(*args, unsigned long long);
	if (how->longs == 1)
		return va_arg(*args, unsigned long);
	return how->longs == -1 ? (unsigned short)va_arg(*args, unsigned int) :
	       how->longs < -1 ? (unsigned char)va_arg(*args, unsigned int) : va_arg(*args, unsigned int);
}

static void put_signed(struct out *out, const struct conversion *how, va_list *args)
{
	long long value = how->longs >= 2 ? va_arg(*args, long long) : how->longs == 1 ? va_arg(*args, long) :
			  va_arg(*args, int);

	if (how->longs < 0)
		value = how->longs == -1 ? (short)value : (signed char)value;
	put_number(out, how, value < 0 ? -(unsigned long long)value : (unsigned long long)value, 10, false,
		   value < 0 ? '-' : how->sign);
}

/* All its digits, unless a width was given. @kind: what the kernel would make of it. */
static void put_pointer(struct out *out, struct conversion *how, const void *pointer, char kind)
{
	if (kind == 'e' && IS_ERR(pointer)) {
		put_number(out, how, (unsigned long long)-PTR_ERR(pointer), 10, false, '-');
		return;
	}
	if (!how->width) {
		how->zero = true;
		how->width = 2 * sizeof(void *);
	}
	put_number(out, how, (uintptr_t)pointer, 16, false, 0);
}

/* Returns where the format goes on; at its end, if it is none that the kernel has. */
static const char *convert(struct out *out, const char *format, va_list *args)
{
	struct conversion how;

	format = read_conversion(format, &how, args);
	switch (*format) {
	case 'd':
	case 'i':
		put_signed(out, &how, args);
		break;
	case 'u':
		put_number(out, &how, unsigned_argument(&how, args), 10, false, 0);
		break;
	case 'o':
		put_number(out, &how, unsigned_argument(&how, args), 8, false, 0);
		break;
	case 'x':
	case 'X':
		put_number(out, &how, unsigned_argument(&how, args), 16, *format == 'X', 0);
		break;
	case 'c':
		put_char(out, &how, (char)va_arg(*args, int));
		break;
	case 's':
		put_text(out, &how, va_arg(*args, const char *));
		break;
	case 'p':
		put_pointer(out, &how, va_arg(*args, void *), format[1]);
		while ((format[1] | 0x20) >= 'a' && (format[1] | 0x20) <= 'z')
			format++;
		break;
	case '%':
		put(out, '%');
		break;
	default:
		WARN_ON(1);
		return "";
	}
	return format + 1;
}

int vsnprintf(char *to, size_t room, const char *format, va_list args)
{
	struct out out = { to, room, 0 };
	va_list own;

	if (WARN_ON(room > INT_MAX))
		return 0;
	va_copy(own, args);
	while (*format) {
		if (*format == '%')
			format = convert(&out, format + 1, &own);
		else
			put(&out, *format++);
	}
	va_end(own);
	if (room)
		to[out.length < room ? out.length : room - 1] = 0;
	return (int)out.length;
}

/* What was written, not what would have been. */
int vscnprintf(char *to, size_t room, const char *format, va_list args)
{
	int length = vsnprintf(to, room, format, args);

	return length < (int)room ? length : room ? (int)room - 1 : 0;
}

int vsprintf(char *to, const char *format, va_list args)
{
	return vsnprintf(to, INT_MAX, format, args);
}

#define DEFINE_VARIADIC(result, name, parameters, call)		\
	result name parameters					\
	{							\
		va_list args;					\
		result ret;					\
								\
		va_start(args, format);				\
		ret = call;					\
		va_end(args);					\
		return ret;					\
	}

DEFINE_VARIADIC(int, snprintf, (char *to, size_t room, const char *format, ...), vsnprintf(to, room, format, args))
DEFINE_VARIADIC(int, scnprintf, (char *to, size_t room, const char *format, ...), vscnprintf(to, room, format, args))
DEFINE_VARIADIC(int, sprintf, (char *to, const char *format, ...), vsprintf(to, format, args))
DEFINE_VARIADIC(char *, kasprintf, (gfp_t gfp, const char *format, ...), kvasprintf(gfp, format, args))
DEFINE_VARIADIC(int, sscanf, (const char *text, const char *format, ...), vsscanf(text, format, args))

char *kvasprintf(gfp_t gfp, const char *format, va_list args)
{
	size_t room = (size_t)vsnprintf(NULL, 0, format, args) + 1;
	char *text = stub_kmalloc(room, gfp);

	if (text)
		vsnprintf(text, room, format, args);
	return text;
}

const char *kvasprintf_const(gfp_t gfp, const char *format, va_list args)
{
	return kvasprintf(gfp, format, args);
}

/* As where there was too little room, if there is: the reader comes with more. */
void seq_printf(struct seq_file *m, const char *format, ...)
{
	size_t room = m->size - m->count;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(m->buf + m->count, room, format, args);
	va_end(args);
	m->count = length < (int)room ? m->count + (size_t)length : m->size;
}

/* ---- reading ---- */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *skip(const char *text)
{
	while (is_space(*text))
		text++;
	return text;
}

static unsigned int digit_of(char c)
{
	return c >= '0' && c <= '9' ? (unsigned int)(c - '0') :
	       (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (unsigned int)((c | 0x20) - 'a') + 10 : 16;
}

/* Returns what follows the number; NULL: there is none. @width 0: as long as it goes on. */
static const char *scan_number(const char *text, int width, unsigned int base, bool is_signed, unsigned long long *value)
{
	const char *end = text + (width ? (size_t)width : strlen(text));
	bool negative = is_signed && *text == '-', any = false;

	if (negative || (is_signed && *text == '+'))
		text++;
	if ((base == 16 || !base) && end - text > 2 && text[0] == '0' && (text[1] | 0x20) == 'x' && digit_of(text[2]) < 16) {
		text += 2;
		base = 16;
	}
	if (!base)
		base = *text == '0' ? 8 : 10;
	for (*value = 0; text < end && digit_of(*text) < base; text++, any = true)
		*value = *value * base + digit_of(*text);
	if (negative)
		*value = -*value;
	return any ? text : NULL;
}

static void store(int longs, unsigned long long value, va_list *args)
{
	void *to = va_arg(*args, void *);

	if (longs >= 2)
		*(unsigned long long *)to = value;
	else if (longs == 1)
		*(unsigned long *)to = (unsigned long)value;
	else if (!longs)
		*(unsigned int *)to = (unsigned int)value;
	else if (longs == -1)
		*(unsigned short *)to = (unsigned short)value;
	else
		*(unsigned char *)to = (unsigned char)value;
}

/* A word, or so many characters. */
static const char *scan_text(const char *text, int width, bool is_word, char *to)
{
	int count = 0;

	while (*text && !(is_word && is_space(*text)) && (!width || count < width)) {
		if (to)
			to[count] = *text;
		text++;
		count++;
	}
	if (to && is_word)
		to[count] = 0;
	return count ? text : NULL;
}

int vsscanf(const char *text, const char *format, va_list args)
{
	const char *start = text;
	unsigned long long value;
	int found = 0;
	va_list own;

	va_copy(own, args);
	while (text && *format) {
		bool drop = false;
		int width, longs;
		char kind;

		if (is_space(*format)) {
			format++;
			text = skip(text);
			continue;
		}
		if (*format != '%' || format[1] == '%') {
			format += *format == '%';
			text = *text == *format++ ? text + 1 : NULL;
			continue;
		}
		if (*++format == '*') {
			drop = true;
			format++;
		}
		format = read_count(format, &width, &own);
		format = read_longs(format, &longs);
		kind = *format ? *format++ : 0;
		if (kind == 'n') {
			store(longs, (unsigned long long)(text - start), &own);
			continue;
		}
		if (kind != 'c')
			text = skip(text);
		if (!*text)
			break;
		if (kind == 's' || kind == 'c') {
			text = scan_text(text, kind == 'c' && !width ? 1 : width, kind == 's',
					 drop ? NULL : va_arg(own, char *));
		} else if (kind == 'd' || kind == 'u' || kind == 'x' || kind == 'X' || kind == 'i' || kind == 'o') {
			text = scan_number(text, width,
					   kind == 'i' ? 0 : kind == 'o' ? 8 : (kind | 0x20) == 'x' ? 16 : 10,
					   kind == 'd' || kind == 'i', &value);
			if (text && !drop)
				store(longs, value, &own);
		} else {
			WARN_ON(1);
			break;
		}
		found += text && !drop;
	}
	va_end(own);
	return found;
}
