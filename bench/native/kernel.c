// SPDX-License-Identifier: GPL-2.0-only
/* The lab's side of the native bench: the scenarios of the stress bench, written in C. */
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/vfio_pci_core.h>

#include "bench/native/kernel.h"
#include "lab/lab.h"

/* Where a flag lies, found by setting it in a struct of zeroes: C gives no address of a bit-field. */
#define OBSERVE(type, pointer, flag)                                                            \
	({                                                                                      \
		static type probe;                                                              \
		probe.flag = 1;                                                                 \
		find_bit((const u8 *)&probe, sizeof(probe), __builtin_offsetof(struct lab_device, pointer)); \
	})

static struct lab_observed find_bit(const u8 *probe, u32 bytes, u32 pointer)
{
	struct lab_observed what = { .source = LAB_FIELD, .hops = 2, .size = 1, .bits = 1 };
	u32 at = 0;

	while (at < bytes - 1 && !probe[at])
		at++;
	what.hop[0] = __builtin_offsetof(struct lab_instance, device) + pointer;
	what.hop[1] = at;
	what.bit = __builtin_ctz(probe[at]);
	return what;
}

static void two_actors(struct lab_step one, struct lab_step two)
{
	lab_scenario.actors = 2;
	lab_scenario.actor[0].steps = lab_scenario.actor[1].steps = 1;
	lab_scenario.actor[0].step[0] = one;
	lab_scenario.actor[1].step[0] = two;
	lab_scenario.observed = 2;
}

static void flags(enum lab_flag one, enum lab_flag two)
{
	lab_scenario.device[0].kind = LAB_FLAGS;
	two_actors((struct lab_step){ LAB_OP_FLAG_WRITE, 0, { one, 1 } },
		   (struct lab_step){ LAB_OP_FLAG_WRITE, 0, { two, 1 } });
}

int bench_scenario(const char *name)
{
	static const struct lab_step setup[] = {
		{ LAB_OP_LOAD, 0, { 0 } },
		{ LAB_OP_BIND, 0, { 0 } },
		{ LAB_OP_OPEN, 0, { 0 } },
		{ LAB_OP_INTX_ENABLE, 0, { 0 } },
		{ LAB_OP_CONFIG_READ, 0, { PCI_BASE_ADDRESS_0, 4 } },
	};

	lab_scenario.devices = 1;
	if (!strcmp(name, "packed")) {
		flags(LAB_PACKED_A, LAB_PACKED_B);
		lab_scenario.observe[0] = OBSERVE(struct lab_flags, flags, packed.a);
		lab_scenario.observe[1] = OBSERVE(struct lab_flags, flags, packed.b);
		return 1;
	}
	if (!strcmp(name, "plain")) {
		flags(LAB_PLAIN_A, LAB_PLAIN_B);
		lab_scenario.observe[0] = OBSERVE(struct lab_flags, flags, plain.a);
		lab_scenario.observe[1] = OBSERVE(struct lab_flags, flags, plain.b);
		return 1;
	}
	if (strcmp(name, "driver"))
		return 0;

	lab_scenario.device[0] = (struct lab_spec){ .kind = LAB_PCI, .intx = 1 };
	memcpy(lab_scenario.setup, setup, sizeof(setup));
	lab_scenario.setup_steps = sizeof(setup) / sizeof(setup[0]);
	two_actors((struct lab_step){ LAB_OP_CONFIG_WRITE, 0, { PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE } },
		   (struct lab_step){ LAB_OP_CONFIG_WRITE, 0, { PCI_BASE_ADDRESS_0, 4, 0xe0000000u } });
	lab_scenario.observe[0] = OBSERVE(struct vfio_pci_core_device, vdev, virq_disabled);
	lab_scenario.observe[1] = OBSERVE(struct vfio_pci_core_device, vdev, bardirty);
	return 1;
}

void bench_arenas(unsigned long start, unsigned int stride, unsigned int bytes, unsigned int count)
{
	lab_instances = (struct lab_instances){ .start = start, .stride = stride, .bytes = bytes, .count = count };
}

void bench_race(unsigned long snapshot, unsigned long outcomes, unsigned long returns)
{
	lab_instances.snapshot = snapshot;
	lab_stress = (struct lab_stress){
		.instances = lab_instances.count,
		.batch = lab_instances.count,
		.company = 1,
		.start_spins = 1000,
		.pace_spins = 1000,
		.barrier_spins = 200000,
		.seed = 1,
		.outcomes = outcomes,
		.returns = returns,
	};
	stub_spins = 1000;
}

void bench_start(const struct bench_timing *timing)
{
	lab_stress.batch = timing->batch;
	lab_stress.pace = timing->pace;
	lab_stress.delay = timing->delay;
	lab_stress.late = timing->late;
	lab_stress.lag = timing->lag;
	lab_stress.seed++;
	lab_stress.stop = 0;
	for (u32 i = 0; i < 2; i++)
		lab_workers[i].progress = 0;
}

void bench_stop(void)
{
	__atomic_store_n(&lab_stress.stop, 1, __ATOMIC_SEQ_CST);
}

void bench_count(unsigned long long *samples, unsigned long long *lost)
{
	const struct lab_outcome *outcomes = ((const struct lab_outcomes *)(uintptr_t)lab_stress.outcomes)->slot;

	*samples = lab_workers[0].samples + lab_workers[1].samples;
	*lost = 0;
	for (u32 i = 0; i < 2 * LAB_OUTCOMES; i++)
		if (outcomes[i].value[0] != 1 || outcomes[i].value[1] != 1)
			*lost += outcomes[i].count;
}
