// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { op, type Step } from '../../../src/scenario/step.js';
import { step } from './step.js';

// What the kernel and its administrator do.

/** pm_wq gets to the device: what is idle is suspended. Returns 1 if that has happened. */
export const pmWork = <const D extends string>(device: D) => step('pm_work', device);

/** A VGA adapter comes or goes, so that there are `adapters` elsewhere; returns the callbacks that the arbiter makes. */
export const vgaNotify = (adapters: number): Step => op('vga_notify', adapters);

/** Somebody writes what the adapter should decode; returns what it decodes now. */
export const vgaDecodes = <const D extends string>(device: D, resources: number) =>
  step('vga_decodes', device, resources);

/** Writes the number of virtual functions to sriov_numvfs. */
export const sriov = <const D extends string>(device: D, functions: number) =>
  step('sriov', device, functions);

/** The kernel blocks users' config access, as it does around a reset: they sleep until it is unblocked. */
export const configBlock = <const D extends string>(device: D) => step('config_block', device);

/** Lets users' config access go on. */
export const configUnblock = <const D extends string>(device: D) => step('config_unblock', device);

/**
 * All descriptors are closed, all devices unbound, all modules unloaded, as users and an administrator would;
 * returns how much is left behind or out of balance. Each finding is a violation.
 */
export const shutdown = (): Step => op('shutdown');
