/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's configuration, as far as the excerpt asks for it. */
#ifndef _LINUX_KCONFIG_H
#define _LINUX_KCONFIG_H

#define CONFIG_VFIO_PCI_VGA 1

#endif
