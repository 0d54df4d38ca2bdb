/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages: their arguments are checked against their formats, and nothing else becomes of them. */
#ifndef _LINUX_PRINTK_H
#define _LINUX_PRINTK_H

#include <linux/compiler.h>

#define KERN_SOH "\001"
#define KERN_EMERG KERN_SOH "0"
#define KERN_ALERT KERN_SOH "1"
#define KERN_CRIT KERN_SOH "2"
#define KERN_ERR KERN_SOH "3"
#define KERN_WARNING KERN_SOH "4"
#define KERN_NOTICE KERN_SOH "5"
#define KERN_INFO KERN_SOH "6"
#define KERN_DEBUG KERN_SOH "7"
#define KERN_CONT KERN_SOH "c"

/* Never called, and nowhere defined: the kernel's own conversions, as %pU, are a %p and a letter to it. */
__printf(1, 2) int printk_checked(const char *format, ...);

#define no_printk(format, args...) ({			\
	if (0)						\
		printk_checked(format, ##args);		\
	0;						\
})

#ifndef pr_fmt
#define pr_fmt(format) format
#endif

#define printk(format, args...) no_printk(format, ##args)
#define pr_emerg(format, args...) no_printk(pr_fmt(format), ##args)
#define pr_alert(format, args...) no_printk(pr_fmt(format), ##args)
#define pr_crit(format, args...) no_printk(pr_fmt(format), ##args)
#define pr_err(format, args...) no_printk(pr_fmt(format), ##args)
#define pr_warn(format, args...) no_printk(pr_fmt(format), ##args)
#define pr_notice(format, args...) no_printk(pr_fmt(format), ##args)
#define pr_info(format, args...) no_printk(pr_fmt(format), ##args)
#define pr_debug(format, args...) no_printk(pr_fmt(format), ##args)
#define pr_devel(format, args...) no_printk(pr_fmt(format), ##args)
#define pr_cont(format, args...) no_printk(format, ##args)

#define printk_once(format, args...) no_printk(format, ##args)
#define pr_err_once(format, args...) pr_err(format, ##args)
#define pr_warn_once(format, args...) pr_warn(format, ##args)
#define pr_info_once(format, args...) pr_info(format, ##args)
#define pr_debug_once(format, args...) pr_debug(format, ##args)
#define printk_ratelimited(format, args...) no_printk(format, ##args)
#define pr_err_ratelimited(format, args...) pr_err(format, ##args)
#define pr_warn_ratelimited(format, args...) pr_warn(format, ##args)
#define pr_info_ratelimited(format, args...) pr_info(format, ##args)
#define pr_debug_ratelimited(format, args...) pr_debug(format, ##args)

#define dump_stack() do { } while (0)

#endif
