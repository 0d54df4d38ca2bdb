/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's configuration is the source's to choose: each symbol is defined as the code is compiled. */
#ifndef _LINUX_KCONFIG_H
#define _LINUX_KCONFIG_H

#endif
