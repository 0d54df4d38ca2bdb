// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** Flags of VFIO_DEVICE_SET_IRQS: one of the DATA and one of the ACTION ones. */
export const VFIO_IRQ_SET_DATA_NONE = 0x01;
export const VFIO_IRQ_SET_DATA_BOOL = 0x02;
export const VFIO_IRQ_SET_DATA_EVENTFD = 0x04;
export const VFIO_IRQ_SET_ACTION_MASK = 0x08;
export const VFIO_IRQ_SET_ACTION_UNMASK = 0x10;
export const VFIO_IRQ_SET_ACTION_TRIGGER = 0x20;

/** Regions of a device besides its BARs, which are 0 to 5. */
export const VFIO_PCI_ROM_REGION_INDEX = 6;
export const VFIO_PCI_CONFIG_REGION_INDEX = 7;
export const VFIO_PCI_VGA_REGION_INDEX = 8;
