/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_TYPES_H
#define _LINUX_TYPES_H

#include <linux/compiler.h>
#include <linux/stddef.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

/* The uapi headers' spelling, and that of fields whose byte order is fixed. */
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s8 __s8;
typedef s16 __s16;
typedef s32 __s32;
typedef s64 __s64;
typedef u16 __le16;
typedef u32 __le32;
typedef u64 __le64;
typedef u16 __be16;
typedef u32 __be32;
typedef u64 __be64;

/* C99's, and BSD's. */
typedef u8 uint8_t, unchar;
typedef u16 uint16_t, ushort;
typedef u32 uint32_t, uint;
typedef u64 uint64_t;
typedef s8 int8_t;
typedef s16 int16_t;
typedef s32 int32_t;
typedef s64 int64_t;
typedef unsigned long ulong;

typedef _Bool bool;
#define true 1
#define false 0

typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ssize_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
typedef __UINTPTR_TYPE__ uintptr_t;
typedef long long loff_t;
typedef u32 gfp_t;
typedef u32 fmode_t;
typedef unsigned int __poll_t;
typedef u32 dev_t;
typedef u16 umode_t;
typedef int pid_t;
typedef u64 sector_t;
typedef s64 ktime_t;

/* As wide as a pointer: neither 32-bit target needs more to place its BARs. */
typedef unsigned long resource_size_t;
typedef unsigned long phys_addr_t;
typedef unsigned long dma_addr_t;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	_Alignas(8) s64 counter;
} atomic64_t;

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next;
	struct hlist_node **pprev;		/* what points to it */
};

struct hlist_head {
	struct hlist_node *first;
};

#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(struct list_head) == 16, "list_head");
_Static_assert(sizeof(struct hlist_node) == 16, "hlist_node");
_Static_assert(sizeof(atomic64_t) == 8, "atomic64");
#endif

#define BITS_PER_BYTE 8
#define BITS_TO_LONGS(bits) (((bits) + 8 * sizeof(long) - 1) / (8 * sizeof(long)))
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

#endif
