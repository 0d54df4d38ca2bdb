// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../../../src/errors.js';
import { printable } from '../../../src/printable.js';
import { op, type Shown, type Step } from '../../../src/scenario/step.js';
import { allNamed, type Naming, named } from './names.js';
import { step } from './step.js';

// Modules and their parameters, and drivers of devices.

/** Modules that can be loaded. */
export const modules = ['vfio-pci', 'variant', 'mlx5'] as const;

/**
 * `variant` is a driver of its own over vfio-pci-core, without parameters; `mlx5` is mlx5-vfio-pci, for devices
 * with `mlx5: true`.
 */
export type ModuleName = (typeof modules)[number];

/** Parameters of vfio-pci. */
export const parameters = [
  'nointxmask',
  'disable_vga',
  'disable_idle_d3',
  'enable_sriov',
  'disable_denylist',
] as const;

export type ParameterName = (typeof parameters)[number];

const ofModules: Naming<ModuleName> = {
  what: 'module',
  enum: 'slot_module',
  prefix: 'SLOT_',
  names: modules,
};
const ofParameters: Naming<ParameterName> = {
  what: 'parameter',
  enum: 'slot_param',
  prefix: 'SLOT_',
  names: parameters,
};

/** Loads a module, with the named parameters switched on by its command line and the others at their defaults. */
export const load = (module: ModuleName, ...on: ParameterName[]): Step =>
  op('load', named(ofModules, module), allNamed(ofParameters, on));

/** Unloads a module; its devices are unbound. */
export const unload = (module: ModuleName): Step => op('unload', named(ofModules, module));

/** Writes up to four characters to a parameter of vfio-pci through sysfs. */
export const paramWrite = (parameter: ParameterName, text: string): Step =>
  op('param_write', named(ofParameters, parameter), packed(text));

/** A text's bytes in a word, the first one in the lowest. */
function packed(text: string): Shown {
  const bytes = [...new TextEncoder().encode(text)];
  if (bytes.length > 4)
    throw new LostbitError(
      'E_BAD_SCENARIO',
      `'${printable(text)}' is too long for a step: four bytes are the most`,
    );
  return {
    shown: JSON.stringify(text),
    is: bytes.reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0),
  };
}

/** Binds the device to the driver of a loaded module. */
export const bind = <const D extends string>(device: D, module: ModuleName = 'vfio-pci') =>
  step('bind', device, named(ofModules, module));

/** Unbinds the device from its driver. */
export const unbind = <const D extends string>(device: D) => step('unbind', device);
