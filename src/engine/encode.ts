// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { type FieldAccess, resolveFieldPath } from '../machine/field-path.js';
import type { Machine } from '../machine/machine.js';
import type { StructView } from '../machine/struct-view.js';
import { offer } from '../nearest.js';
import { excessOf, type Limits } from '../scenario/limits.js';
import type { DeviceSpec, FieldPath, FlagsSpec, RaceScenario } from '../scenario/scenario.js';
import { enumerations, enumeratorOf } from '../scenario/steps/names.js';
import { type Arg, type FaultName, fail, type Step } from '../scenario/steps.js';

/** How much of each a module has room for: the bounds of its arrays. */
export const limitsOf = (machine: Machine): Limits => ({
  actors: machine.arrayLength('lab_scenario', 'actor'),
  steps: machine.arrayLength('lab_actor', 'step'),
  setup: machine.arrayLength('lab_scenario', 'setup'),
  args: machine.arrayLength('lab_step', 'arg'),
  observed: machine.arrayLength('lab_scenario', 'observe'),
  devices: machine.arrayLength('lab_scenario', 'device'),
  name: machine.arrayLength('lab_actor', 'name') - 1,
  workers: machine.threadLimit,
});

/** A scenario's devices, by name. */
export type Devices = Readonly<Record<string, DeviceSpec>>;

/** The steps before the actors: the set-up, and then what is to fail. */
export function preparation({ setup = [], faults = {} }: Pick<RaceScenario, 'setup' | 'faults'>): Step[] {
  return [...setup, ...Object.entries(faults).map(([name, nth]) => fail(name as FaultName, nth))];
}

import { driverStruct } from './locate.js';

/**
 * Writes a scenario into the module's `struct lab_scenario`.
 *
 * @throws LostbitError `E_UNKNOWN_OP`, `E_UNKNOWN_FIELD`: the scenario names what this module has not; `E_LIMIT`: there is
 * no room for all of it.
 */
export function encodeScenario(machine: Machine, scenario: RaceScenario): void {
  const limits = limitsOf(machine);
  const excess = excessOf(scenario, 'nothing', limits);
  if (excess !== null) throw new LostbitError('E_LIMIT', excess.message, excess);
  const target = machine.global('lab_scenario');
  const actors = Object.entries(scenario.actors);
  const encodeSteps = (steps: readonly Step[], path: string) => {
    for (const [i, step] of steps.entries())
      encodeStep(machine, target, `${path}[${i}]`, step, Object.keys(scenario.devices));
  };

  encodeDevices(machine, scenario.devices);
  const setup = preparation(scenario);
  target.set('setup_steps', setup.length);
  encodeSteps(setup, 'setup');

  const observed = Object.values(scenario.observe);
  target.set('actors', actors.length);
  for (const [i, [name, steps]] of actors.entries()) {
    const path = `actor[${i}]`;
    target.setText(`${path}.name`, name, limits.name + 1);
    target.set(`${path}.steps`, steps.length);
    encodeSteps(steps, `${path}.step`);
    const kept = observed.some((what) => typeof what === 'object' && what.returned === name);
    target.set(`${path}.returns_observed`, Number(kept));
  }

  machine.global('lab_misread').set('kind', 0);
  target.set('observed', observed.length);
  for (const [i, what] of observed.entries()) {
    const path = `observe[${i}]`;
    if (typeof what === 'string') encodeField(machine, target, path, what, scenario.devices);
    else {
      target.set(`${path}.source`, machine.enumerator('lab_source', 'LAB_RETURN'));
      target.set(`${path}.actor`, Object.keys(scenario.actors).indexOf(what.returned));
      target.set(`${path}.step`, what.step);
    }
  }
}

/** Writes what is plugged in into the module's `struct lab_scenario`. */
export function encodeDevices(machine: Machine, devices: Devices): void {
  const target = machine.global('lab_scenario');
  target.set('devices', Object.keys(devices).length);
  for (const [i, spec] of Object.values(devices).entries()) {
    // What an earlier scenario plugged in must not show through.
    for (const member of machine.debugInfo.struct('lab_spec').members)
      target.set(`device[${i}].${member.name}`, 0);
    target.set(`device[${i}].kind`, machine.enumerator('lab_kind', isFlags(spec) ? 'LAB_FLAGS' : 'LAB_PCI'));
    for (const [field, value] of Object.entries(isFlags(spec) ? {} : spec))
      target.set(
        `device[${i}].${field.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)}`,
        Number(value),
      );
  }
}

const isFlags = (spec: DeviceSpec): spec is FlagsSpec => 'flags' in spec;

/**
 * Writes a step into a `struct lab_step` at `path` of a struct.
 *
 * @throws LostbitError `E_UNKNOWN_OP`, `E_LIMIT`.
 */
export function encodeStep(
  machine: Machine,
  target: StructView,
  path: string,
  step: Step,
  devices: readonly string[],
): void {
  const ops = machine.debugInfo.enumeration('lab_op');
  const op = ops.get(`LAB_OP_${step.op.toUpperCase()}`);
  if (op === undefined) {
    const known = [...ops.keys()]
      .filter((name) => name.startsWith('LAB_OP_'))
      .map((name) => name.slice(7).toLowerCase());
    throw new LostbitError('E_UNKNOWN_OP', `unknown op '${step.op}'`, { hint: offer(step.op, known) });
  }
  const room = machine.arrayLength('lab_step', 'arg');
  if (step.args.length > room)
    throw new LostbitError(
      'E_LIMIT',
      `a step '${step.op}' has ${step.args.length} arguments; there may be ${room}`,
    );
  target.set(`${path}.op`, op);
  target.set(`${path}.device`, step.device === null ? 0 : devices.indexOf(step.device));
  for (let i = 0; i < room; i++) target.set(`${path}.arg[${i}]`, argValue(machine, step.args[i] ?? 0));
}

/**
 * What a module calls an argument.
 *
 * @throws LostbitError `E_UNKNOWN_OP` where this module's C side has no such name.
 */
export function argValue({ debugInfo }: Machine, arg: Arg): number {
  if (typeof arg === 'number') return arg;
  const { of } = arg;
  const values = debugInfo.enumeration(enumerations[of].tag);
  const value = (name: string) => {
    const known = values.get(enumeratorOf(of, name));
    if (known !== undefined) return known;
    throw new LostbitError('E_UNKNOWN_OP', `this module knows nothing called '${name}'`, {
      hint: `its enum ${enumerations[of].tag} has no ${enumeratorOf(of, name)}`,
    });
  };
  if ('name' in arg) return value(arg.name);
  return arg.names.reduce((sum, name) => sum | (1 << value(name)), 0);
}

/** An offset that 32 bits have room for, and no object: the C side says so. */
const furthest = 2 ** 31;

/** The structs a path can start at: the slot's pointer to it, its tag, and how the path says so. */
const roots = [
  { pointer: 'pdev', tag: 'pci_dev', prefix: 'pdev.' },
  { pointer: 'vga', tag: 'vga_device', prefix: 'vga.' },
] as const;

/**
 * Where a field of a device is, from `struct lab_instance` on.
 *
 * @throws LostbitError `E_UNKNOWN_FIELD`.
 */
export function resolveField(machine: Machine, devices: Devices, field: FieldPath): FieldAccess {
  const dot = field.indexOf('.');
  const name = field.slice(0, dot);
  const path = field.slice(dot + 1);
  const slot = Object.keys(devices).indexOf(name);
  const spec = devices[name]!;
  const own = isFlags(spec)
    ? { pointer: 'flags', tag: 'lab_flags', prefix: '' }
    : { pointer: 'vdev', tag: driverStruct(spec), prefix: '' };
  const { pointer, tag, prefix } = roots.find((root) => path.startsWith(root.prefix)) ?? own;

  const { debugInfo } = machine;
  const start = resolveFieldPath(debugInfo.struct('lab_instance'), `device[${slot}].${pointer}`);
  const access = resolveFieldPath(debugInfo.struct(tag), path.slice(prefix.length));
  return {
    ...access,
    hops: [...start.hops, ...access.hops],
    pointers: [
      {
        path: prefix === '' ? name : `${name}.${pointer}`,
        target: debugInfo.struct(tag).size,
        indexed: false,
      },
      ...access.pointers.map((one) => ({ ...one, path: `${name}.${prefix}${one.path}` })),
    ],
  };
}

/**
 * Writes where a field is into the `struct lab_observed` at `path` of a struct.
 *
 * @throws LostbitError `E_UNKNOWN_FIELD`.
 */
export function encodeField(
  machine: Machine,
  target: StructView,
  path: string,
  field: FieldPath,
  devices: Devices,
): void {
  const { hops, pointers, size, bit, bits, signed, pointer } = resolveField(machine, devices, field);
  if (!target.has(`${path}.hop[${hops.length - 1}]`))
    throw new LostbitError('E_UNKNOWN_FIELD', `'${field}' follows too many pointers: ${hops.length - 1}`, {
      hint: 'observe a field that is nearer to its device',
    });
  target.set(`${path}.source`, machine.enumerator('lab_source', 'LAB_FIELD'));
  target.set(`${path}.hops`, hops.length);
  const targets = [machine.debugInfo.struct('lab_instance').size, ...pointers.map(({ target }) => target)];
  for (const [i, hop] of hops.entries()) {
    target.set(`${path}.hop[${i}]`, Math.min(hop, furthest));
    target.set(`${path}.target[${i}]`, targets[i]!);
  }
  target.set(`${path}.size`, size);
  target.set(`${path}.bit`, bit);
  target.set(`${path}.bits`, bits);
  target.set(`${path}.is_signed`, Number(signed));
  target.set(`${path}.is_pointer`, Number(pointer));
}
