// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../errors.js';
import { named } from './names.js';
import { type Step, step } from './step.js';

// Modules and their parameters, and drivers of devices.

/** Modules that can be loaded: the C side's `enum lab_module`. */
export const modules = ['vfio-pci', 'variant', 'mlx5'] as const;

/**
 * `variant` is a driver of its own over vfio-pci-core, without parameters; `mlx5` is mlx5-vfio-pci, for devices
 * with `mlx5: true`.
 */
export type ModuleName = (typeof modules)[number];

/** Parameters of vfio-pci: the C side's `enum lab_param`. */
export const parameters = [
  'nointxmask',
  'disable_vga',
  'disable_idle_d3',
  'enable_sriov',
  'disable_denylist',
] as const;

export type ParameterName = (typeof parameters)[number];

const moduleArg = (name: ModuleName) => named('module', modules, name, 'module');
const parameterArg = (name: ParameterName) => named('parameter', parameters, name, 'parameter');

/** Loads a module, with the named parameters switched on by its command line and the others at their defaults. */
export function load(module: ModuleName, ...on: ParameterName[]): Step<never> {
  const names = on.map((name) => parameterArg(name).name);
  return { op: 'load', device: null, args: [moduleArg(module), { of: 'parameter', names }] };
}

/** Unloads a module; its devices are unbound. */
export function unload(module: ModuleName): Step<never> {
  return { op: 'unload', device: null, args: [moduleArg(module)] };
}

/** Writes up to four characters to a parameter of vfio-pci through sysfs. */
export function paramWrite(parameter: ParameterName, text: string): Step<never> {
  const bytes = [...new TextEncoder().encode(text)];
  if (bytes.length > 4)
    throw new LostbitError('E_BAD_SCENARIO', `'${text}' is too long for a step: four bytes are the most`);
  const packed = bytes.reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
  return { op: 'param_write', device: null, args: [parameterArg(parameter), packed] };
}

/** Binds the device to the driver of a loaded module. */
export const bind = <const D extends string>(device: D, module: ModuleName = 'vfio-pci') =>
  step('bind', device, moduleArg(module));

/** Unbinds the device from its driver. */
export const unbind = <const D extends string>(device: D) => step('unbind', device);
