/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of a device; see <linux/printk.h>. */
#ifndef _LINUX_DEV_PRINTK_H
#define _LINUX_DEV_PRINTK_H

#include <linux/bug.h>
#include <linux/printk.h>

struct device;

#define dev_fmt(format) format

#define __stub_no_dev_printk(dev, format, args...) ({	\
	const struct device *__dev = (dev);		\
	(void)__dev;					\
	no_printk(format, ##args);			\
})

#define dev_printk(level, dev, format, args...) __stub_no_dev_printk(dev, dev_fmt(format), ##args)
#define dev_emerg(dev, format, args...) __stub_no_dev_printk(dev, dev_fmt(format), ##args)
#define dev_alert(dev, format, args...) __stub_no_dev_printk(dev, dev_fmt(format), ##args)
#define dev_crit(dev, format, args...) __stub_no_dev_printk(dev, dev_fmt(format), ##args)
#define dev_err(dev, format, args...) __stub_no_dev_printk(dev, dev_fmt(format), ##args)
#define dev_warn(dev, format, args...) __stub_no_dev_printk(dev, dev_fmt(format), ##args)
#define dev_notice(dev, format, args...) __stub_no_dev_printk(dev, dev_fmt(format), ##args)
#define dev_info(dev, format, args...) __stub_no_dev_printk(dev, dev_fmt(format), ##args)
#define dev_dbg(dev, format, args...) __stub_no_dev_printk(dev, dev_fmt(format), ##args)
#define dev_vdbg(dev, format, args...) __stub_no_dev_printk(dev, dev_fmt(format), ##args)

#define dev_err_once(dev, format, args...) dev_err(dev, format, ##args)
#define dev_warn_once(dev, format, args...) dev_warn(dev, format, ##args)
#define dev_info_once(dev, format, args...) dev_info(dev, format, ##args)
#define dev_dbg_once(dev, format, args...) dev_dbg(dev, format, ##args)
#define dev_err_ratelimited(dev, format, args...) dev_err(dev, format, ##args)
#define dev_warn_ratelimited(dev, format, args...) dev_warn(dev, format, ##args)
#define dev_info_ratelimited(dev, format, args...) dev_info(dev, format, ##args)
#define dev_dbg_ratelimited(dev, format, args...) dev_dbg(dev, format, ##args)

/* The error, for a probe function to return. */
#define dev_err_probe(dev, error, format, args...) (dev_err(dev, format, ##args), (error))

#define dev_WARN(dev, format, args...) (dev_err(dev, format, ##args), WARN_ON(1))
#define dev_WARN_ONCE(dev, condition, format, args...) (dev_err(dev, format, ##args), WARN_ON(condition))

#endif
