// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules, loaded and unloaded on each machine for itself. All code is there all the time; what a
 * machine knows is whether it may be called.
 */
#include <linux/module.h>

#include <linux/errno.h>

#include "kernel/compat.h"
#include "kernel/stub.h"

/* The kernel itself is always there. */
bool try_module_get(struct module *module)
{
	return !module || atomic_add_unless(&module->refcnt, 1, 0);
}

void __module_get(struct module *module)
{
	if (module && atomic_inc_return(&module->refcnt) < 2)
		stub_violation(STUB_REFERENCE_REVIVED, module);
}

void module_put(struct module *module)
{
	if (module && atomic_dec_return(&module->refcnt) < 1)
		stub_violation(STUB_REFERENCE_UNDERFLOW, module);
}

bool stub_module_has_text(struct module *module)
{
	return __atomic_load_n(&module->state, __ATOMIC_ACQUIRE) != MODULE_STATE_UNFORMED;
}

bool stub_module_is_loaded(struct module *module)
{
	return atomic_read(&module->refcnt) > 0;
}

void stub_module_insert(struct module *module)
{
	stub_own_reset((u32)(uintptr_t)stub_module_data(module)->base, stub_module_data(module)->size);
	__atomic_store_n(&module->state, MODULE_STATE_LIVE, __ATOMIC_RELEASE);
	atomic_set(&module->refcnt, 1);
}

int stub_module_stop(struct module *module)
{
	int seen = 1;

	if (__atomic_compare_exchange_n(&module->refcnt.counter, &seen, 0, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		return 0;
	return seen ? -EWOULDBLOCK : -ENOENT;
}

void stub_module_remove(struct module *module)
{
	__atomic_store_n(&module->state, MODULE_STATE_UNFORMED, __ATOMIC_RELEASE);
}
