/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers and switches from text, which has nothing else in it but a newline at its end. -EINVAL where it is none, -ERANGE
 * where it does not fit. A base of 0 is what the number begins with: 0x, 0, or else 10.
 */
#ifndef _LINUX_KSTRTOX_H
#define _LINUX_KSTRTOX_H

#include <linux/types.h>

int kstrtobool(const char *text, bool *value);
int kstrtoull(const char *text, unsigned int base, unsigned long long *value);
int kstrtoll(const char *text, unsigned int base, long long *value);
int _kstrtoul(const char *text, unsigned int base, unsigned long *value);
int _kstrtol(const char *text, unsigned int base, long *value);
int kstrtouint(const char *text, unsigned int base, unsigned int *value);
int kstrtoint(const char *text, unsigned int base, int *value);
int kstrtou16(const char *text, unsigned int base, u16 *value);
int kstrtos16(const char *text, unsigned int base, s16 *value);
int kstrtou8(const char *text, unsigned int base, u8 *value);
int kstrtos8(const char *text, unsigned int base, s8 *value);

#define kstrtoul(text, base, value) _kstrtoul(text, base, value)
#define kstrtol(text, base, value) _kstrtol(text, base, value)
#define kstrtou64(text, base, value) kstrtoull(text, base, value)
#define kstrtos64(text, base, value) kstrtoll(text, base, value)
#define kstrtou32(text, base, value) kstrtouint(text, base, value)
#define kstrtos32(text, base, value) kstrtoint(text, base, value)

#endif
