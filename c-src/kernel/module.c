// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules, loaded and unloaded on each machine for itself. All code is there all the time; what a
 * machine knows is whether it may be called.
 */
#include <linux/module.h>

#include <linux/errno.h>

#include "kernel/stub.h"

bool try_module_get(struct module *module)
{
	return atomic_add_unless(&module->refs, 1, 0);
}

void module_put(struct module *module)
{
	if (atomic_dec_return(&module->refs) < 1)
		stub_violation(STUB_REFERENCE_UNDERFLOW, module);
}

bool stub_module_has_text(struct module *module)
{
	return __atomic_load_n(&module->text, __ATOMIC_ACQUIRE);
}

bool stub_module_is_loaded(struct module *module)
{
	return atomic_read(&module->refs) > 0;
}

void stub_module_insert(struct module *module)
{
	stub_own_reset(module->start, module->bytes);
	__atomic_store_n(&module->text, 1, __ATOMIC_RELEASE);
	atomic_set(&module->refs, 1);
}

int stub_module_stop(struct module *module)
{
	int seen = 1;

	if (__atomic_compare_exchange_n(&module->refs.counter, &seen, 0, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		return 0;
	return seen ? -EWOULDBLOCK : -ENOENT;
}

void stub_module_remove(struct module *module)
{
	__atomic_store_n(&module->text, 0, __ATOMIC_RELEASE);
}
