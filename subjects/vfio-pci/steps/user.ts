// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { step } from './step.js';

// What the user of a device does with its descriptor.

/** Opens the device as a user does. */
export const open = <const D extends string>(device: D) => step('open', device);

/** Closes the user's handle. */
export const close = <const D extends string>(device: D) => step('close', device);

/** Reads `bytes` (1, 2 or 4) of config space at `offset` through the user's handle; returns the value. */
export const configRead = <const D extends string>(device: D, offset: number, bytes: 1 | 2 | 4) =>
  step('config_read', device, offset, bytes);

/** Writes `bytes` (1, 2 or 4) of config space at `offset` through the user's handle. */
export const configWrite = <const D extends string>(
  device: D,
  offset: number,
  bytes: 1 | 2 | 4,
  value: number,
) => step('config_write', device, offset, bytes, value);

/** Reads up to four bytes of a region through the user's handle; returns the value. */
export const regionRead = <const D extends string>(
  device: D,
  region: number,
  offset: number,
  bytes: 1 | 2 | 4,
) => step('region_read', device, region, offset, bytes);

/** Writes up to four bytes of a region through the user's handle. */
export const regionWrite = <const D extends string>(
  device: D,
  region: number,
  offset: number,
  bytes: 1 | 2 | 4,
  value: number,
) => step('region_write', device, region, offset, bytes, value);

/**
 * The user touches a mapped BAR whose page is missing: from here on, until `pageFaultEnd`, that fault holds the
 * device's memory_lock for reading. SIGBUS, as -EFAULT, while the device is in low power.
 */
export const pageFaultBegin = <const D extends string>(device: D) => step('page_fault_begin', device);

/** The page is there. */
export const pageFaultEnd = <const D extends string>(device: D) => step('page_fault_end', device);

/** The user lets the device enter a low power state. */
export const lowPowerEntry = <const D extends string>(device: D) => step('low_power_entry', device);

/** The same, with an eventfd that is signalled when it wakes up. */
export const lowPowerEntryWithWakeup = <const D extends string>(device: D) =>
  step('low_power_entry_with_wakeup', device);

/** Returns how often that eventfd has been signalled. */
export const wakeups = <const D extends string>(device: D) => step('wakeups', device);

/** The user wants the device back from its low power state. */
export const lowPowerExit = <const D extends string>(device: D) => step('low_power_exit', device);

/** The user resets the device (VFIO_DEVICE_RESET). */
export const reset = <const D extends string>(device: D) => step('reset', device);

/** The user resets the device's bus (VFIO_DEVICE_PCI_HOT_RESET), owning all that is on it. */
export const hotReset = <const D extends string>(device: D) => step('hot_reset', device, 0);

/** The user asks what a hot reset takes along; returns a bit for each device, in the order in which they are declared. */
export const hotResetInfo = <const D extends string>(device: D, argsz = 0) =>
  step('hot_reset_info', device, argsz);

/**
 * The user asks what the device can do; returns the flags, above bit 8 the number of regions and above bit 16 that
 * of interrupts. `argsz`: the room it says it has, in bytes; without it what is needed, here and below.
 */
export const deviceInfo = <const D extends string>(device: D, argsz = 0) =>
  step('device_info', device, argsz);

/** The user asks for a region; returns its flags, and above bit 8 its size in bytes. */
export const regionInfo = <const D extends string>(device: D, region: number, argsz = 0) =>
  step('region_info', device, region, argsz);
