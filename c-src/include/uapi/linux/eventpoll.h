/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _UAPI_LINUX_EVENTPOLL_H
#define _UAPI_LINUX_EVENTPOLL_H

#include <linux/types.h>

#define EPOLLIN ((__poll_t)0x1)
#define EPOLLOUT ((__poll_t)0x4)
#define EPOLLERR ((__poll_t)0x8)
#define EPOLLHUP ((__poll_t)0x10)
#define EPOLLRDNORM ((__poll_t)0x40)
#define EPOLLWRNORM ((__poll_t)0x100)

#endif
