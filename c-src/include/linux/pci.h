/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_PCI_H
#define _LINUX_PCI_H

#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <uapi/linux/pci_regs.h>

typedef int pci_power_t;

#define PCI_D0 ((pci_power_t)0)
#define PCI_D1 ((pci_power_t)1)
#define PCI_D2 ((pci_power_t)2)
#define PCI_D3hot ((pci_power_t)3)

/* The standard BARs, and the ROM's. */
#define PCI_ROM_RESOURCE 6
#define PCI_NUM_RESOURCES 7
#define DEVICE_COUNT_RESOURCE PCI_NUM_RESOURCES

#define PCI_ANY_ID (~0u)

#define PCI_CLASS_DISPLAY_VGA 0x0300

#define PCI_DEVFN(slot, func) ((((slot) & 0x1f) << 3) | ((func) & 7))
#define PCI_SLOT(devfn) (((devfn) >> 3) & 0x1f)
#define PCI_FUNC(devfn) ((devfn) & 7)

typedef unsigned int pci_channel_state_t;

enum { pci_channel_io_normal = 1, pci_channel_io_frozen, pci_channel_io_perm_failure };

struct pci_saved_state;
struct pci_slot;
struct pci_sriov;

struct pci_bus {
	struct pci_bus *parent;		/* NULL: a root bus */
	struct list_head devices;
	struct pci_dev *self;		/* the bridge that leads here, if it can be told to reset the bus */
	struct resource busn_res;	/* the numbers of buses from this one on */
	unsigned char number;
};

struct pci_dev {
	struct list_head bus_list;	/* on its bus */
	struct pci_bus *bus;
	struct pci_bus *subordinate;	/* that it leads to */
	struct pci_slot *slot;
	unsigned int devfn;
	unsigned short vendor;
	unsigned short device;
	unsigned int class;		/* base, sub, interface */
	u8 hdr_type;
	u8 pcie_cap;
	u8 msi_cap;
	u8 msix_cap;
	u8 pin;
	u16 pcie_flags_reg;		/* of PCI Express, as found there */
	struct pci_driver *driver;
	pci_power_t current_state;
	u8 pm_cap;
	pci_channel_state_t error_state;
	struct device dev;
	int cfg_size;
	unsigned int irq;
	struct resource resource[DEVICE_COUNT_RESOURCE];
	/* One run of flags, as a kernel has it, without those that nothing here uses. */
	unsigned int is_busmaster:1;
	unsigned int block_cfg_access:1;
	unsigned int msi_enabled:1;
	unsigned int msix_enabled:1;
	unsigned int state_saved:1;
	unsigned int is_physfn:1;	/* it can have virtual functions */
	unsigned int is_virtfn:1;	/* it is one */
	unsigned int broken_intx_masking:1;	/* the disable bit does not work */
	unsigned int no_command_memory:1;	/* its memory is on whatever COMMAND says */
	atomic_t enable_cnt;
	u32 saved_config_space[PCI_STD_HEADER_SIZEOF / 4];
	union {
		struct pci_sriov *sriov; /* of a physical function: the PCI core's own, */
		struct pci_dev *physfn;	/* which is a virtual one's */
	};
};

struct pci_device_id {
	u32 vendor, device;		/* or PCI_ANY_ID */
	u32 subvendor, subdevice;
	u32 class, class_mask;
	unsigned long driver_data;
};

typedef enum { PCI_ERS_RESULT_NONE = 1, PCI_ERS_RESULT_CAN_RECOVER } pci_ers_result_t;

/* Told of errors, and of resets that they did not ask for, before and after; device_lock is held. */
struct pci_error_handlers {
	pci_ers_result_t (*error_detected)(struct pci_dev *pdev, pci_channel_state_t state);
	void (*reset_prepare)(struct pci_dev *pdev);
	void (*reset_done)(struct pci_dev *pdev);
};

/* Ids that came when the driver was there already. */
struct pci_dynids {
	spinlock_t lock;
	struct list_head list;
};

struct pci_driver {
	const char *name;
	const struct pci_device_id *id_table;
	int (*probe)(struct pci_dev *pdev, const struct pci_device_id *id);
	void (*remove)(struct pci_dev *pdev);
	int (*sriov_configure)(struct pci_dev *pdev, int num_vfs);
	const struct pci_error_handlers *err_handler;
	struct device_driver driver;
	struct pci_dynids dynids;
};

extern const struct bus_type pci_bus_type;

#define to_pci_dev(d) container_of(d, struct pci_dev, dev)
#define to_pci_driver(d) container_of(d, struct pci_driver, driver)

static inline const char *pci_name(const struct pci_dev *pdev)
{
	return dev_name(&pdev->dev);
}

static inline bool pci_is_root_bus(struct pci_bus *bus)
{
	return !bus->parent;
}

static inline int pci_domain_nr(struct pci_bus *bus)
{
	(void)bus;
	return 0;
}

static inline void *pci_get_drvdata(struct pci_dev *pdev)
{
	return dev_get_drvdata(&pdev->dev);
}

static inline bool pci_is_pcie(struct pci_dev *pdev)
{
	return pdev->pcie_cap != 0;
}

/* The last bus below it. */
unsigned char pci_bus_max_busnr(struct pci_bus *bus);

static inline struct pci_dev *pci_upstream_bridge(struct pci_dev *pdev)
{
	return pdev->bus->self;
}

#define pci_resource_n(pdev, bar) (&(pdev)->resource[bar])
#define pci_resource_start(pdev, bar) (pci_resource_n((pdev), (bar))->start)
#define pci_resource_end(pdev, bar) (pci_resource_n((pdev), (bar))->end)
#define pci_resource_flags(pdev, bar) (pci_resource_n((pdev), (bar))->flags)
/* 0 where nothing answers. */
#define pci_resource_len(pdev, bar) (pci_resource_end((pdev), (bar)) ? resource_size(pci_resource_n((pdev), (bar))) : 0)

static inline bool pci_intx_mask_supported(struct pci_dev *pdev)
{
	return !pdev->broken_intx_masking;
}

/* drivers */
int __must_check __pci_register_driver(struct pci_driver *drv, struct module *owner, const char *mod_name);
#define pci_register_driver(drv) __pci_register_driver((drv), THIS_MODULE, NULL)
void pci_unregister_driver(struct pci_driver *drv);
int pci_add_dynid(struct pci_driver *drv, unsigned int vendor, unsigned int device, unsigned int subvendor,
		  unsigned int subdevice, unsigned int class, unsigned int class_mask, unsigned long driver_data);

/* The next one of that class after @from (NULL: the first), with a reference in exchange for @from's. */
struct pci_dev *pci_get_class(unsigned int class, struct pci_dev *from);
struct pci_dev *pci_dev_get(struct pci_dev *pdev);
void pci_dev_put(struct pci_dev *pdev);

/* the function */
int __must_check pci_enable_device(struct pci_dev *pdev);
void pci_disable_device(struct pci_dev *pdev);
void pci_set_master(struct pci_dev *pdev);
void pci_clear_master(struct pci_dev *pdev);
void pci_intx(struct pci_dev *pdev, int enable);
bool pci_check_and_mask_intx(struct pci_dev *pdev);
bool pci_check_and_unmask_intx(struct pci_dev *pdev);
int pci_set_power_state(struct pci_dev *pdev, pci_power_t state);
int pci_reset_function(struct pci_dev *pdev);
int pci_try_reset_function(struct pci_dev *pdev);
int __pci_reset_function_locked(struct pci_dev *pdev);
int pci_probe_reset_slot(struct pci_slot *slot);
int pci_probe_reset_bus(struct pci_bus *bus);
int pci_reset_bus(struct pci_dev *pdev);
void pci_dev_lock(struct pci_dev *pdev);
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

struct irq_affinity;
struct irq_affinity_desc;

int pci_alloc_irq_vectors(struct pci_dev *pdev, unsigned int min, unsigned int max, unsigned int flags);
int pci_alloc_irq_vectors_affinity(struct pci_dev *pdev, unsigned int min, unsigned int max, unsigned int flags,
				   struct irq_affinity *affd);
void pci_free_irq_vectors(struct pci_dev *pdev);
/* -EINVAL where the vector has none. */
int pci_irq_vector(struct pci_dev *pdev, unsigned int nr);
int pci_msi_vec_count(struct pci_dev *pdev);
int pci_msix_vec_count(struct pci_dev *pdev);
bool pci_msix_can_alloc_dyn(struct pci_dev *pdev);
struct msi_map pci_msix_alloc_irq_at(struct pci_dev *pdev, unsigned int index,
				     const struct irq_affinity_desc *affdesc);

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
int pci_read_config_byte(const struct pci_dev *pdev, int where, u8 *val);
int pci_read_config_word(const struct pci_dev *pdev, int where, u16 *val);
int pci_read_config_dword(const struct pci_dev *pdev, int where, u32 *val);
int pci_write_config_byte(const struct pci_dev *pdev, int where, u8 val);
int pci_write_config_word(const struct pci_dev *pdev, int where, u16 val);
int pci_write_config_dword(const struct pci_dev *pdev, int where, u32 val);
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
