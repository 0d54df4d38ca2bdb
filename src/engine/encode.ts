import { LostbitError } from '../errors.js';
import { resolveFieldPath } from '../machine/field-path.js';
import type { Machine } from '../machine/machine.js';
import type { StructView } from '../machine/struct-view.js';
import { offer } from '../nearest.js';
import type { DeviceSpec, FieldPath, FlagsSpec, Scenario } from '../scenario/scenario.js';
import type { Step } from '../scenario/steps.js';
import { driverStruct } from './locate.js';

/**
 * Writes a scenario into the module's `struct lab_scenario`.
 *
 * @throws LostbitError `E_UNKNOWN_OP`, `E_UNKNOWN_FIELD`: the scenario names what this module has not.
 */
export function encodeScenario(machine: Machine, scenario: Scenario): void {
  const target = machine.global('lab_scenario');
  const devices = Object.entries(scenario.devices);
  const actors = Object.entries(scenario.actors);
  const encodeSteps = (steps: readonly Step[], path: string) => {
    for (const [i, step] of steps.entries())
      encodeStep(machine, target, `${path}[${i}]`, step, Object.keys(scenario.devices));
  };

  target.set('devices', devices.length);
  for (const [i, [, spec]] of devices.entries()) {
    target.set(`device[${i}].kind`, machine.enumerator('lab_kind', isFlags(spec) ? 'LAB_FLAGS' : 'LAB_PCI'));
    for (const [field, value] of Object.entries(isFlags(spec) ? {} : spec))
      target.set(
        `device[${i}].${field.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)}`,
        Number(value),
      );
  }

  target.set('setup_steps', scenario.setup.length);
  encodeSteps(scenario.setup, 'setup');

  const observed = Object.values(scenario.observe);
  target.set('actors', actors.length);
  for (const [i, [name, steps]] of actors.entries()) {
    const path = `actor[${i}]`;
    target.setText(`${path}.name`, name, 16);
    target.set(`${path}.steps`, steps.length);
    encodeSteps(steps, `${path}.step`);
    const kept = observed.some((what) => typeof what === 'object' && what.returned === name);
    target.set(`${path}.returns_observed`, Number(kept));
  }

  target.set('observed', observed.length);
  for (const [i, what] of observed.entries()) {
    const path = `observe[${i}]`;
    if (typeof what === 'string') encodeField(machine, target, path, what, scenario);
    else {
      target.set(`${path}.source`, machine.enumerator('lab_source', 'LAB_RETURN'));
      target.set(`${path}.actor`, Object.keys(scenario.actors).indexOf(what.returned));
      target.set(`${path}.step`, what.step);
    }
  }
}

const isFlags = (spec: DeviceSpec): spec is FlagsSpec => 'flags' in spec;

function encodeStep(
  machine: Machine,
  target: StructView,
  path: string,
  step: Step,
  devices: readonly string[],
) {
  const ops = machine.debugInfo.enumeration('lab_op');
  const op = ops.get(`LAB_OP_${step.op.toUpperCase()}`);
  if (op === undefined) {
    const known = [...ops.keys()]
      .filter((name) => name.startsWith('LAB_OP_'))
      .map((name) => name.slice(7).toLowerCase());
    throw new LostbitError('E_UNKNOWN_OP', `unknown op '${step.op}'`, { hint: offer(step.op, known) });
  }
  target.set(`${path}.op`, op);
  target.set(`${path}.device`, step.device === null ? 0 : devices.indexOf(step.device));
  for (const [i, arg] of step.args.entries()) target.set(`${path}.arg[${i}]`, arg);
}

/** A path starts at the device's struct, which the instance reaches through a pointer of the slot. */
function encodeField(
  machine: Machine,
  target: StructView,
  path: string,
  field: FieldPath,
  scenario: Scenario,
) {
  const dot = field.indexOf('.');
  const name = field.slice(0, dot);
  const slot = Object.keys(scenario.devices).indexOf(name);
  const spec = scenario.devices[name]!;
  const [member, tag] = isFlags(spec) ? ['flags', 'lab_flags'] : ['vdev', driverStruct(spec)];

  const { debugInfo } = machine;
  const start = resolveFieldPath(debugInfo.struct('lab_instance'), `device[${slot}].${member}`);
  const access = resolveFieldPath(debugInfo.struct(tag!), field.slice(dot + 1));
  const hops = [...start.hops, ...access.hops];
  if (!target.has(`${path}.hop[${hops.length - 1}]`))
    throw new LostbitError('E_UNKNOWN_FIELD', `'${field}' follows too many pointers: ${hops.length - 1}`);
  target.set(`${path}.source`, machine.enumerator('lab_source', 'LAB_FIELD'));
  target.set(`${path}.hops`, hops.length);
  for (const [i, hop] of hops.entries()) target.set(`${path}.hop[${i}]`, hop);
  target.set(`${path}.size`, access.size);
  target.set(`${path}.bit`, access.bit);
  target.set(`${path}.bits`, access.bits);
  target.set(`${path}.is_signed`, Number(access.signed));
  target.set(`${path}.is_pointer`, Number(access.type.endsWith('*')));
}
