/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kernels before the newest have otherwise. The stub kernel is written in the newest one's names and types; what is said
 * here are older ones' in their place.
 */
#ifndef LOSTBIT_KERNEL_COMPAT_H
#define LOSTBIT_KERNEL_COMPAT_H

#include <linux/version.h>

/* ---- devices ---- */

/* Drivers and buses are no longer changed by those who are given them. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define stub_const_driver struct device_driver
#define stub_const_bus struct bus_type
#else
#define stub_const_driver const struct device_driver
#define stub_const_bus const struct bus_type
#endif

#endif
