// SPDX-License-Identifier: GPL-2.0-only
/* Messages: nothing becomes of them. */
#include <linux/dev_printk.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>

#include <linux/device.h>

int _printk(const char *format, ...)
{
	return 0;
}

void _dev_printk(const char *level, const struct device *dev, const char *format, ...)
{
}

#define DEFINE_LEVEL(name) void name(const struct device *dev, const char *format, ...) { }

DEFINE_LEVEL(_dev_emerg)
DEFINE_LEVEL(_dev_alert)
DEFINE_LEVEL(_dev_crit)
DEFINE_LEVEL(_dev_err)
DEFINE_LEVEL(_dev_warn)
DEFINE_LEVEL(_dev_notice)
DEFINE_LEVEL(_dev_info)

int dev_err_probe(const struct device *dev, int err, const char *format, ...)
{
	return err;
}

const char *dev_driver_string(const struct device *dev)
{
	if (dev->driver)
		return dev->driver->name;
	return dev->bus ? dev->bus->name : dev->class ? dev->class->name : "";
}

void dump_stack(void)
{
}

/* Every message may come. */
int ___ratelimit(struct ratelimit_state *state, const char *function)
{
	return 1;
}

int __printk_ratelimit(const char *function)
{
	return 1;
}
