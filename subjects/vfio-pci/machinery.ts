// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { offer } from '../../src/nearest.js';
import { printable } from '../../src/printable.js';
import type * as general from '../../src/scenario/scenario.js';
import type * as step from '../../src/scenario/step.js';
import { checkDevices, type DeviceSpec, type Devices, refuse } from './devices.js';
import type { Step } from './steps/step.js';

/** A scenario's devices in the general language: what the C's variables hold, and what the devices' names stand for. */
export class Machinery {
  /** Where paths lead that begin with a device. An object goes by the first of the names that lead to it. */
  readonly names: { readonly [name: string]: general.NamedPath };
  /** The C's `specs`. */
  readonly given: { readonly [path: string]: number };
  /** In the order of their slots. */
  readonly #devices: readonly string[];

  /** @throws LostbitError `E_BAD_SCENARIO` for devices that there cannot be. */
  constructor(devices: Devices) {
    checkDevices(devices);
    const all = Object.entries<DeviceSpec>(devices);
    this.#devices = all.map(([name]) => name);
    this.names = Object.assign({}, ...all.map(([name, spec], slot) => namesOf(name, spec, `slots[${slot}]`)));
    this.given = Object.assign({}, ...all.map(([, spec], slot) => givenOf(spec, `specs[${slot}]`)));
  }

  /**
   * A step with its device as the first argument; any other one as it is.
   *
   * @throws LostbitError `E_BAD_SCENARIO` for a device that is not the scenario's.
   */
  step = (step: Step): step.Step => {
    // What is no step is refused where the scenario as a whole is checked.
    if (typeof step !== 'object' || step === null || !('device' in step)) return step as step.Step;
    const { device, ...rest } = step;
    const op = printable(String(rest.op));
    if (typeof device !== 'string') return refuse(`a step '${op}' needs a device`);
    this.#known(device, `device of a step '${op}':`);
    return { ...rest, args: [{ shown: device, is: this.#devices.indexOf(device) }, ...rest.args] };
  };

  /**
   * A path from a device, as it is.
   *
   * @param where it stands, for the error.
   * @throws LostbitError `E_BAD_SCENARIO` for a path from anything else.
   */
  path(path: string, where: string): string {
    const dot = path.indexOf('.');
    if (dot < 0)
      refuse(`'${printable(path)}' in ${where} is not a field of a device`, "one is 'A.virq_disabled'");
    this.#known(path.slice(0, dot), `device in ${where}`);
    return path;
  }

  #known(device: string, what: string): void {
    if (!this.#devices.includes(device))
      refuse(`unknown ${what} '${printable(device)}'`, offer(device, this.#devices));
  }
}

/** The structs that a slot reaches. */
function namesOf(name: string, spec: DeviceSpec, slot: string): { [name: string]: general.NamedPath } {
  const vdev = `${slot}.vdev`;
  return {
    // The driver's struct is the core's, or has the core's as its first member.
    [name]: spec.mlx5 ? { path: vdev, as: 'mlx5vf_pci_core_device' } : vdev,
    // What the devices of a set share.
    [`${name}.vdev.dev_set`]: `${vdev}.vdev.dev_set`,
    // The adapter, as the driver of its physical function has it.
    ...(spec.mlx5 && {
      [`${name}.mdev`]: { path: `${slot}.pdev.physfn.dev.driver_data`, as: 'mlx5_core_dev' },
    }),
    // These two are there while no driver is bound, too.
    [`${name}.pdev`]: `${slot}.pdev`,
    ...(spec.vga && { [`${name}.vga`]: `${slot}.vga` }),
  };
}

/** What of a `struct slot_spec` is not zero. */
function givenOf(spec: DeviceSpec, path: string): { [path: string]: number } {
  const set = Object.entries(spec)
    .filter(([, value]) => value)
    .map(([member, value]) => [`${path}.${spelt(member)}`, Number(value)] as const);
  return { [`${path}.present`]: 1, ...Object.fromEntries(set) };
}

/** As the C spells it: `no_soft_reset`. */
const spelt = (member: string) => member.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
