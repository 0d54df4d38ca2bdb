// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules, loaded and unloaded on each machine for itself. All code is there all the time; what a
 * machine knows is whether it may be called.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/module.h>

#include "kernel/stub.h"

struct module_state {
	atomic_t refs;			/* 1 while it is loaded, and one each user */
	u32 text;			/* its code is there: from before the first reference to after the last */
};

static struct module_state *state_of(struct module *module)
{
	return stub_static_of(NULL, module, sizeof(struct module_state));
}

bool try_module_get(struct module *module)
{
	return atomic_add_unless(&state_of(module)->refs, 1, 0);
}

void module_put(struct module *module)
{
	if (atomic_dec_return(&state_of(module)->refs) < 1)
		stub_violation(STUB_REFERENCE_UNDERFLOW, module);
}

void *module_static(struct module *module, const void *variable, size_t bytes)
{
	return stub_static_of(module, variable, (u32)bytes);
}

bool stub_module_has_text(struct module *module)
{
	return __atomic_load_n(&state_of(module)->text, __ATOMIC_ACQUIRE);
}

bool stub_module_is_loaded(struct module *module)
{
	return atomic_read(&state_of(module)->refs) > 0;
}

void stub_module_insert(struct module *module)
{
	struct module_state *state = state_of(module);

	stub_static_clear(module);
	__atomic_store_n(&state->text, 1, __ATOMIC_RELEASE);
	atomic_set(&state->refs, 1);
}

int stub_module_stop(struct module *module)
{
	struct module_state *state = state_of(module);
	int seen = 1;

	if (__atomic_compare_exchange_n(&state->refs.counter, &seen, 0, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		return 0;
	return seen ? -EWOULDBLOCK : -ENOENT;
}

void stub_module_remove(struct module *module)
{
	__atomic_store_n(&state_of(module)->text, 0, __ATOMIC_RELEASE);
}
