/* SPDX-License-Identifier: GPL-2.0-only */
/* The stub kernel is written in the newest kernel's names and signatures. Here they are said in those of older ones. */
#ifndef LOSTBIT_KERNEL_COMPAT_H
#define LOSTBIT_KERNEL_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
/* One function that initialises mutexes, whether lockdep is there or not. */
#define mutex_init_generic(lock) __mutex_init(lock, const char *name, struct lock_class_key *key)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define timer_container_of(variable, timer, member) from_timer(variable, timer, member)
#define timer_destroy_on_stack(timer) destroy_timer_on_stack(timer)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
typedef void stub_bit_word;
#else
typedef unsigned long stub_bit_word;
#endif

/* Drivers and buses are not changed by those who are given them. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define stub_const_driver struct device_driver
#define stub_const_bus struct bus_type
#else
#define stub_const_driver const struct device_driver
#define stub_const_bus const struct bus_type
#endif

#endif
