// SPDX-License-Identifier: GPL-2.0-only
/*
 * Config space. A transaction on the wire is atomic, so each access here is one atomic operation on a
 * dword, and needs none of the kernel's global lock around it.
 */
#include <linux/pci.h>

#include <linux/bug.h>
#include <linux/errno.h>

#include "kernel/fault.h"
#include "kernel/function.h"
#include "kernel/stub.h"

STUB_FAULT(pci_read_config);
STUB_FAULT(pci_user_read_config);
STUB_FAULT(pci_user_write_config);

/* The word that a user's accesses and a block of them share. */
#define BLOCKED STUB_EXCLUSIVE
#define ACCESS 1u

static inline u32 *dword_at(const struct pci_dev *pdev, int where)
{
	struct stub_function *function = stub_function_of(pdev);

	if (unlikely(where >= PCI_CFG_SPACE_SIZE))
		return (u32 *)(void *)&function->extended[(where & ~3) - PCI_CFG_SPACE_SIZE];
	return (u32 *)(void *)&function->config[where & ~3];
}

/* The bits of a dword that a write can change. */
static u32 writable(const struct pci_dev *pdev, int dword)
{
	u32 command = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
		      PCI_COMMAND_PARITY | PCI_COMMAND_SERR;

	if (dword >= PCI_BASE_ADDRESS_0 && dword <= PCI_BASE_ADDRESS_5) {
		int bar = (dword - PCI_BASE_ADDRESS_0) / 4;

		return (u32)-pci_resource_len(pdev, bar);
	}
	if (pdev->pm_cap && dword == pdev->pm_cap + PCI_PM_CTRL)
		return PCI_PM_CTRL_STATE_MASK | PCI_PM_CTRL_PME_ENABLE;

	switch (dword) {
	case PCI_COMMAND:
		if (pdev->is_virtfn)
			return PCI_COMMAND_MASTER;
		return pdev->pin && !pdev->broken_intx_masking ? command | PCI_COMMAND_INTX_DISABLE : command;
	case PCI_CACHE_LINE_SIZE:
		return 0xffff;
	case PCI_INTERRUPT_LINE:
		return 0xff;
	default:
		return 0;
	}
}

static inline u32 field_mask(int bytes)
{
	return bytes == 4 ? ~0u : (1u << (bytes * 8)) - 1;
}

static int wire_read(const struct pci_dev *pdev, int where, int bytes, u32 *val)
{
	if (where & (bytes - 1) || where < 0 || where + bytes > pdev->cfg_size)
		return -EINVAL;
	*val = __atomic_load_n(dword_at(pdev, where), __ATOMIC_SEQ_CST) >> ((where & 3) * 8) &
	       field_mask(bytes);
	return 0;
}

static int wire_write(const struct pci_dev *pdev, int where, int bytes, u32 val)
{
	int shift = (where & 3) * 8;
	u32 *dword, seen, mask;

	if (where & (bytes - 1) || where < 0 || where + bytes > pdev->cfg_size)
		return -EINVAL;

	dword = dword_at(pdev, where);
	mask = writable(pdev, where & ~3) & field_mask(bytes) << shift;
	seen = __atomic_load_n(dword, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(dword, &seen, (seen & ~mask) | (val << shift & mask),
					    false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
	return 0;
}

static u32 *word_of(struct pci_dev *pdev)
{
	return &stub_function_of(pdev)->cfg_access;
}

void pci_cfg_access_lock(struct pci_dev *pdev)
{
	stub_might_sleep(word_of(pdev));
	stub_acquire(word_of(pdev), STUB_STATE, BLOCKED);
}

bool pci_cfg_access_trylock(struct pci_dev *pdev)
{
	return stub_try_acquire(word_of(pdev), STUB_STATE, BLOCKED);
}

void pci_cfg_access_unlock(struct pci_dev *pdev)
{
	if (!WARN_ON(!(__atomic_load_n(word_of(pdev), __ATOMIC_RELAXED) & BLOCKED)))
		stub_release(word_of(pdev), BLOCKED);
}

/*
 * A user's access comes with a count that keeps the function awake. Only runtime PM counts here, which may take
 * the power away: a function that its user has put into D3hot by PMCSR answers, and that is the user's affair.
 */
static void check_awake(struct pci_dev *pdev)
{
	if (__builtin_expect(!stub_pm_is_active(&pdev->dev), 0))
		stub_violation(STUB_CONFIG_WHILE_SUSPENDED, &pdev->dev);
}

static int own_read(const struct pci_dev *pdev, int where, int bytes, u32 *val)
{
	return stub_should_fail(pci_read_config) ? -EIO : wire_read(pdev, where, bytes, val);
}

static int user_read(struct pci_dev *pdev, int where, int bytes, u32 *val)
{
	int ret;

	check_awake(pdev);
	if (stub_should_fail(pci_user_read_config))
		return -EIO;
	stub_acquire(word_of(pdev), BLOCKED, ACCESS);
	ret = wire_read(pdev, where, bytes, val);
	stub_release(word_of(pdev), ACCESS);
	return ret;
}

static int user_write(struct pci_dev *pdev, int where, int bytes, u32 val)
{
	int ret;

	check_awake(pdev);
	if (stub_should_fail(pci_user_write_config))
		return -EIO;
	stub_acquire(word_of(pdev), BLOCKED, ACCESS);
	ret = wire_write(pdev, where, bytes, val);
	stub_release(word_of(pdev), ACCESS);
	return ret;
}

/* The two families of accessors, of each width. */
#define ACCESSORS(prefix, function, read, write, width, type)			\
	int prefix##_read_config_##width(function *pdev, int where, type *val)	\
	{									\
		u32 all = ~0u;							\
		int ret = read(pdev, where, sizeof(type), &all);		\
										\
		*val = (type)all;						\
		return ret;							\
	}									\
	int prefix##_write_config_##width(function *pdev, int where, type val)	\
	{									\
		return write(pdev, where, sizeof(type), val);			\
	}

ACCESSORS(pci, const struct pci_dev, own_read, wire_write, byte, u8)
ACCESSORS(pci, const struct pci_dev, own_read, wire_write, word, u16)
ACCESSORS(pci, const struct pci_dev, own_read, wire_write, dword, u32)
ACCESSORS(pci_user, struct pci_dev, user_read, user_write, byte, u8)
ACCESSORS(pci_user, struct pci_dev, user_read, user_write, word, u16)
ACCESSORS(pci_user, struct pci_dev, user_read, user_write, dword, u32)

#define STATUS_INTERRUPT ((u32)PCI_STATUS_INTERRUPT << 16)

/* Sets or clears the mask bit if the pin's state is @pending; looking and writing are one transaction. */
static bool mask_if(struct pci_dev *pdev, bool pending, bool mask)
{
	u32 *dword = dword_at(pdev, PCI_COMMAND);
	u32 seen = __atomic_load_n(dword, __ATOMIC_SEQ_CST);
	u32 next;

	do {
		if (!!(seen & STATUS_INTERRUPT) != pending)
			return false;
		next = mask ? seen | PCI_COMMAND_INTX_DISABLE : seen & ~PCI_COMMAND_INTX_DISABLE;
	} while (!__atomic_compare_exchange_n(dword, &seen, next, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	return true;
}

bool pci_check_and_mask_intx(struct pci_dev *pdev)
{
	return mask_if(pdev, true, true);
}

bool pci_check_and_unmask_intx(struct pci_dev *pdev)
{
	return mask_if(pdev, false, false);
}

/* What a reset leaves: nothing decoded, nothing placed. */
void stub_pci_power_on(struct pci_dev *pdev)
{
	pci_write_config_word(pdev, PCI_COMMAND, 0);
	for (int bar = 0; bar < PCI_STD_NUM_BARS; bar++)
		pci_write_config_dword(pdev, PCI_BASE_ADDRESS_0 + 4 * bar, 0);
}

void stub_pci_raise_intx(struct pci_dev *pdev)
{
	u32 before = __atomic_fetch_or(dword_at(pdev, PCI_COMMAND), STATUS_INTERRUPT,
				       __ATOMIC_SEQ_CST);

	if (!(before & PCI_COMMAND_INTX_DISABLE))
		stub_irq_deliver(pdev->irq);
}

void stub_pci_drop_intx(struct pci_dev *pdev)
{
	__atomic_fetch_and(dword_at(pdev, PCI_COMMAND), ~STATUS_INTERRUPT, __ATOMIC_SEQ_CST);
}
