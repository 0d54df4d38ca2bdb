/* SPDX-License-Identifier: GPL-2.0-only */
/* What an allocation may do to get memory: here it matters whether it may sleep, and whether it is to be zeroed. */
#ifndef _LINUX_GFP_H
#define _LINUX_GFP_H

#include <linux/types.h>

#define __GFP_DIRECT_RECLAIM 0x1u
#define __GFP_KSWAPD_RECLAIM 0x2u
#define __GFP_IO 0x4u
#define __GFP_FS 0x8u
#define __GFP_HIGH 0x10u
#define __GFP_ACCOUNT 0x20u
#define __GFP_NOWARN 0x40u
#define __GFP_NORETRY 0x80u
#define __GFP_ZERO 0x100u
#define __GFP_NOFAIL 0x200u
#define __GFP_RETRY_MAYFAIL 0x400u
#define __GFP_DMA 0x800u
#define __GFP_RECLAIM (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)

#define GFP_KERNEL (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_USER GFP_KERNEL
#define GFP_NOFS (__GFP_RECLAIM | __GFP_IO)
#define GFP_NOIO __GFP_RECLAIM
#define GFP_ATOMIC (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_NOWAIT (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_DMA __GFP_DMA

static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM;
}

#endif
