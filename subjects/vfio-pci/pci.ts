// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** Offsets and bits of PCI configuration space that scenarios name, as in the PCI specification. */
export const PCI_VENDOR_ID = 0x00;
export const PCI_COMMAND = 0x04;
/** I/O space enabled. */
export const PCI_COMMAND_IO = 0x1;
/** Memory space enabled. */
export const PCI_COMMAND_MEMORY = 0x2;
export const PCI_COMMAND_MASTER = 0x4;
/** The function must not assert its interrupt pin. */
export const PCI_COMMAND_INTX_DISABLE = 0x400;
export const PCI_STATUS = 0x06;
export const PCI_BASE_ADDRESS_0 = 0x10;
export const PCI_BASE_ADDRESS_1 = 0x14;
export const PCI_ROM_ADDRESS = 0x30;
export const PCI_INTERRUPT_LINE = 0x3c;
