/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_VMALLOC_H
#define _ASM_VMALLOC_H

/* Nothing of it is the architecture's own. */

#endif
