/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_PCI_H
#define _LINUX_PCI_H

#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/types.h>
#include <uapi/linux/pci_regs.h>

typedef int pci_power_t;

#define PCI_D0 ((pci_power_t)0)
#define PCI_D1 ((pci_power_t)1)
#define PCI_D2 ((pci_power_t)2)
#define PCI_D3hot ((pci_power_t)3)

#define PCI_ROM_RESOURCE 6
#define PCI_NUM_RESOURCES 7

#define PCI_ANY_ID (~0u)

#define __STUB_PCI_REGISTERS 4

#define PCI_CLASS_DISPLAY_VGA 0x0300

struct pci_saved_state;
struct pci_slot;
struct stub_messages;

struct pci_bus {
	struct pci_bus *parent;		/* NULL: a root bus */
	struct pci_dev *self;		/* the bridge that leads here, if it can be told to reset the bus */
	struct list_head devices;
	u8 number;
	u8 busn_max;			/* the last one below it */
};

struct pci_dev {
	struct list_head bus_list;	/* on its bus */
	struct pci_bus *bus;
	struct pci_slot *slot;
	u32 devfn;
	u16 vendor;
	u16 device;
	u32 class;			/* base, sub, interface */
	u8 hdr_type;
	u8 pin;
	u8 pm_cap;
	u8 msi_cap;
	u8 msix_cap;
	u8 pcie_cap;
	struct pci_driver *driver;
	pci_power_t current_state;
	int cfg_size;
	unsigned int irq;
	struct resource resource[PCI_NUM_RESOURCES];
	u32 is_busmaster:1;
	u32 state_saved:1;
	u32 broken_intx_masking:1;	/* the disable bit does not work */
	u32 broken_intx:1;		/* INTx is not to be used at all */
	u32 has_flr:1;			/* it can be reset by itself */
	u32 is_physfn:1;		/* it can have virtual functions */
	u32 is_virtfn:1;		/* it is one */
	u32 no_command_memory:1;	/* its memory is on whatever COMMAND says */
	atomic_t enable_cnt;
	u16 total_vfs, num_vfs;
	u32 claimed;			/* BARs that a driver has asked for: a bit each */
	struct stub_messages *messages;	/* what it interrupts with besides its pin; NULL: nothing */
	struct pci_dev *physfn;		/* a virtual function's, and */
	int vf_id;			/* which of them it is */
	u32 saved_config_space[PCI_STD_HEADER_SIZEOF / 4];
	struct device dev;
	/* the function itself, as the wires see it */
	u32 cfg_access;			/* word: who uses config space for a user, or blocks them */
	u32 registers[__STUB_PCI_REGISTERS]; /* all that is behind its BARs, over and over again */
	u8 config[PCI_CFG_SPACE_SIZE] __aligned(4);
	u8 *extended;			/* what of PCI Express comes behind it; NULL: nothing */
};

struct pci_device_id {
	u32 vendor, device;
};

typedef enum { pci_channel_io_normal = 1, pci_channel_io_frozen } pci_channel_state_t;
typedef enum { PCI_ERS_RESULT_NONE = 1, PCI_ERS_RESULT_CAN_RECOVER } pci_ers_result_t;

/* Told of errors, and of resets that they did not ask for, before and after; device_lock is held. */
struct pci_error_handlers {
	pci_ers_result_t (*error_detected)(struct pci_dev *pdev, pci_channel_state_t state);
	void (*reset_prepare)(struct pci_dev *pdev);
	void (*reset_done)(struct pci_dev *pdev);
};

struct pci_driver {
	const char *name;
	const struct pci_device_id *id_table;
	int (*probe)(struct pci_dev *pdev, const struct pci_device_id *id);
	void (*remove)(struct pci_dev *pdev);
	int (*sriov_configure)(struct pci_dev *pdev, int num_vfs);
	const struct pci_error_handlers *err_handler;
	struct device_driver driver;
};

extern const struct bus_type pci_bus_type;
extern const struct dev_pm_ops pci_dev_pm_ops;

#define to_pci_dev(d) container_of(d, struct pci_dev, dev)
#define to_pci_driver(d) container_of(d, struct pci_driver, driver)

static inline const char *pci_name(const struct pci_dev *pdev)
{
	return dev_name(&pdev->dev);
}

static inline bool pci_is_root_bus(const struct pci_bus *bus)
{
	return !bus->parent;
}

static inline int pci_domain_nr(const struct pci_bus *bus)
{
	(void)bus;
	return 0;
}

static inline u8 pci_bus_max_busnr(const struct pci_bus *bus)
{
	return bus->busn_max;
}

static inline void *pci_get_drvdata(const struct pci_dev *pdev)
{
	return dev_get_drvdata(&pdev->dev);
}

static inline bool pci_is_pcie(const struct pci_dev *pdev)
{
	return pdev->pcie_cap != 0;
}

static inline struct pci_dev *pci_upstream_bridge(struct pci_dev *pdev)
{
	return pdev->bus->self;
}

static inline resource_size_t pci_resource_start(const struct pci_dev *pdev, int bar)
{
	return pdev->resource[bar].start;
}

static inline unsigned long pci_resource_flags(const struct pci_dev *pdev, int bar)
{
	return pdev->resource[bar].flags;
}

/* 0 where nothing answers. */
static inline resource_size_t pci_resource_len(const struct pci_dev *pdev, int bar)
{
	const struct resource *res = &pdev->resource[bar];

	return res->end ? res->end - res->start + 1 : 0;
}

static inline bool pci_intx_mask_supported(const struct pci_dev *pdev)
{
	return pdev->pin && !pdev->broken_intx_masking;
}

/* drivers */
int __pci_register_driver(struct pci_driver *drv, struct module *owner);
#define pci_register_driver(drv) __pci_register_driver((drv), THIS_MODULE)
void pci_unregister_driver(struct pci_driver *drv);

/* The next one of that class after @from (NULL: the first), with a reference in exchange for @from's. */
struct pci_dev *pci_get_class(u32 class, struct pci_dev *from);
void pci_dev_put(struct pci_dev *pdev);

/* the function */
int pci_enable_device(struct pci_dev *pdev);
void pci_disable_device(struct pci_dev *pdev);
void pci_set_master(struct pci_dev *pdev);
void pci_clear_master(struct pci_dev *pdev);
void pci_intx(struct pci_dev *pdev, int enable);
bool pci_check_and_mask_intx(struct pci_dev *pdev);
bool pci_check_and_unmask_intx(struct pci_dev *pdev);
int pci_set_power_state(struct pci_dev *pdev, pci_power_t state);
int pci_try_reset_function(struct pci_dev *pdev);
int __pci_reset_function_locked(struct pci_dev *pdev);
int pci_probe_reset_slot(struct pci_slot *slot);
int pci_probe_reset_bus(struct pci_bus *bus);
int pci_reset_bus(struct pci_dev *pdev);
int pci_dev_trylock(struct pci_dev *pdev);
void pci_dev_unlock(struct pci_dev *pdev);

int pci_enable_sriov(struct pci_dev *pdev, int nr_virtfn);
void pci_disable_sriov(struct pci_dev *pdev);
int pci_num_vf(struct pci_dev *pdev);
int pci_iov_vf_id(struct pci_dev *vf);
/* Driver data of the VF's PF, if @pf_driver is what drives that; else an errno. */
void *pci_iov_get_pf_drvdata(struct pci_dev *vf, struct pci_driver *pf_driver);

/* interrupts by message: between @min and @max vectors, the number of which is returned */
#define PCI_IRQ_INTX (1u << 0)
#define PCI_IRQ_MSI (1u << 1)
#define PCI_IRQ_MSIX (1u << 2)

struct msi_map {
	int index;			/* < 0: an errno */
	int virq;
};

int pci_alloc_irq_vectors(struct pci_dev *pdev, unsigned int min, unsigned int max, unsigned int flags);
void pci_free_irq_vectors(struct pci_dev *pdev);
/* -EINVAL where the vector has none. */
int pci_irq_vector(struct pci_dev *pdev, unsigned int nr);
int pci_msi_vec_count(struct pci_dev *pdev);
int pci_msix_vec_count(struct pci_dev *pdev);
bool pci_msix_can_alloc_dyn(struct pci_dev *pdev);
struct msi_map pci_msix_alloc_irq_at(struct pci_dev *pdev, unsigned int index, const void *affdesc);

int pci_request_selected_regions(struct pci_dev *pdev, int bars, const char *name);
void pci_release_selected_regions(struct pci_dev *pdev, int bars);
void __iomem *pci_iomap(struct pci_dev *pdev, int bar, unsigned long most);
void pci_iounmap(struct pci_dev *pdev, void __iomem *map);

/* what it remembers */
int pci_save_state(struct pci_dev *pdev);
void pci_restore_state(struct pci_dev *pdev);
struct pci_saved_state *pci_store_saved_state(struct pci_dev *pdev);
int pci_load_saved_state(struct pci_dev *pdev, struct pci_saved_state *state);
int pci_load_and_free_saved_state(struct pci_dev *pdev, struct pci_saved_state **state);

/* config space: the kernel's own accesses, and those it makes for a user, which wait while blocked */
int pci_read_config_byte(struct pci_dev *pdev, int where, u8 *val);
int pci_read_config_word(struct pci_dev *pdev, int where, u16 *val);
int pci_read_config_dword(struct pci_dev *pdev, int where, u32 *val);
int pci_write_config_byte(struct pci_dev *pdev, int where, u8 val);
int pci_write_config_word(struct pci_dev *pdev, int where, u16 val);
int pci_write_config_dword(struct pci_dev *pdev, int where, u32 val);
int pci_user_read_config_byte(struct pci_dev *pdev, int where, u8 *val);
int pci_user_read_config_word(struct pci_dev *pdev, int where, u16 *val);
int pci_user_read_config_dword(struct pci_dev *pdev, int where, u32 *val);
int pci_user_write_config_byte(struct pci_dev *pdev, int where, u8 val);
int pci_user_write_config_word(struct pci_dev *pdev, int where, u16 val);
int pci_user_write_config_dword(struct pci_dev *pdev, int where, u32 val);
void pci_cfg_access_lock(struct pci_dev *pdev);
bool pci_cfg_access_trylock(struct pci_dev *pdev);
void pci_cfg_access_unlock(struct pci_dev *pdev);

#endif
