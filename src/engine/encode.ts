// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { spell } from '../layout/spell.js';
import { bare, type Type } from '../layout/types.js';
import type { Machine } from '../machine/machine.js';
import type { StructView } from '../machine/struct-view.js';
import { offer } from '../nearest.js';
import { callSymbol } from '../scenario/calls.js';
import { describeStep } from '../scenario/describe.js';
import { excessOf, type Limits, processors } from '../scenario/limits.js';
import {
  actorOf,
  type FieldPath,
  type Machinery,
  type RaceScenario,
  sharedProcessors,
  sharesCpus,
} from '../scenario/scenario.js';
import { type Arg, type Enumerator, fail, isCall, nameOf, type Step, type Word } from '../scenario/step.js';
import { giveValues } from './given.js';
import { contextNumber } from './kernel-names.js';
import { offerOfSubject } from './unknown-name.js';
import { type Names, ownVariables, resolveField, scenarioNames } from './variables.js';

/** How much of each a module has room for: the bounds of its arrays. */
export const limitsOf = (machine: Machine): Limits => ({
  actors: machine.arrayLength('lab_scenario', 'actor'),
  steps: machine.arrayLength('lab_actor', 'step'),
  setup: machine.arrayLength('lab_scenario', 'setup'),
  args: machine.arrayLength('lab_step', 'arg'),
  observed: machine.arrayLength('lab_scenario', 'observe'),
  name: machine.arrayLength('lab_actor', 'name') - 1,
  workers: raceThreads(machine),
});

/** Most threads that race: one more looks at machines that stand still. */
export const raceThreads = (machine: Machine): number => machine.threadLimit - 1;

/** The steps before the actors: the set-up, and then what is to fail. */
export function preparation({ setup = [], faults = {} }: Pick<Machinery, 'setup' | 'faults'>): Step[] {
  return [...setup, ...Object.entries(faults).map(([name, nth]) => fail(name, nth))];
}

/**
 * Writes a scenario into the module's `struct lab_scenario`.
 *
 * @throws LostbitError `E_UNKNOWN_OP`, `E_BAD_CALL`, `E_UNKNOWN_FAULT`, `E_UNKNOWN_FIELD`: the scenario names what this module
 * has not; `E_LIMIT`: there is no room for all of it.
 */
export function encodeScenario(machine: Machine, scenario: RaceScenario): void {
  const limits = limitsOf(machine);
  const excess = excessOf(scenario, 'nothing', limits);
  if (excess !== null) throw new LostbitError('E_LIMIT', excess.message, excess);
  const target = machine.global('lab_scenario');
  const actors = Object.entries(scenario.actors).map(([name, actor]) => ({ name, ...actorOf(actor) }));
  const encodeSteps = (steps: readonly Step[], path: string) => {
    for (const [i, step] of steps.entries()) encodeStep(machine, target, `${path}[${i}]`, step);
  };

  giveValues(machine, scenario);
  const setup = preparation(scenario);
  target.set('share_cpus', Number(sharesCpus(scenario)));
  target.set('setup_steps', setup.length);
  encodeSteps(setup, 'setup');

  const observed = Object.values(scenario.observe);
  const numbers = processorsOf(scenario);
  const shared = sharedProcessors(scenario);
  target.set('actors', actors.length);
  for (const [i, { name, steps, context = 'process', cpu }] of actors.entries()) {
    const path = `actor[${i}]`;
    target.setText(`${path}.name`, name, limits.name + 1);
    target.set(`${path}.context`, contextNumber(machine, context));
    target.set(`${path}.cpu`, cpu !== undefined && shared.has(cpu) ? 1 + cpu : 0);
    target.set(`${path}.number`, numbers[i]!);
    target.set(`${path}.steps`, steps.length);
    encodeSteps(steps, `${path}.step`);
    const kept = observed.some((what) => typeof what === 'object' && what.returned === name);
    target.set(`${path}.returns_observed`, Number(kept));
  }

  const dues = [...machine.debugInfo.variableNames()].filter((name) => name.startsWith(duePrefix));
  target.set('dues', dues.length);
  for (const [i, name] of dues.entries()) target.set(`due[${i}]`, machine.debugInfo.variable(name).address);

  machine.global('lab_misread').set('kind', 0);
  target.set('observed', observed.length);
  for (const [i, what] of observed.entries()) {
    const path = `observe[${i}]`;
    if (typeof what === 'string') encodeField(machine, target, path, what, scenarioNames(scenario));
    else {
      target.set(`${path}.source`, machine.enumerator('lab_source', 'LAB_RETURN'));
      target.set(
        `${path}.actor`,
        actors.findIndex(({ name }) => name === what.returned),
      );
      target.set(`${path}.step`, what.step);
    }
  }
}

/** The processor of each actor: the one that it names, or else one of its own, from the last one on, as far as they go. */
export function processorsOf({ actors }: Pick<RaceScenario, 'actors'>): number[] {
  const all = processors();
  const named = Object.values(actors).map((actor) => actorOf(actor).cpu);
  const free = Array.from({ length: all }, (_, i) => all - 1 - i).filter((cpu) => !named.includes(cpu));
  return named.map((cpu) => cpu ?? free.shift() ?? all);
}

/**
 * Writes a step into a `struct lab_step` at `path` of a struct.
 *
 * @throws LostbitError `E_UNKNOWN_OP`, `E_BAD_CALL`, `E_UNKNOWN_FAULT`, `E_LIMIT`.
 */
export function encodeStep(machine: Machine, target: StructView, path: string, step: Step): void {
  const room = machine.arrayLength('lab_step', 'arg');
  if (step.args.length > room)
    throw new LostbitError(
      'E_LIMIT',
      `a step '${nameOf(step)}' has ${step.args.length} arguments; there may be ${room}`,
    );
  target.set(`${path}.fn`, stepFunction(machine, step));
  checkArgs(machine, step);
  for (let i = 0; i < room; i++) target.set(`${path}.arg[${i}]`, argValue(machine, step.args[i] ?? 0));
}

const opPrefix = 'lab_op_';
/** Of what LAB_DUE() defines. */
const duePrefix = 'lab_due_';

/** The ops that a module has, by name. */
export const opsOf = ({ debugInfo }: Pick<Machine, 'debugInfo'>): string[] =>
  [...debugInfo.variableNames()]
    .filter((name) => name.startsWith(opPrefix))
    .map((name) => name.slice(opPrefix.length));

/** Index of a step's function in the module's table: the C has a constant that points to it. */
function stepFunction(machine: Machine, step: Step): number {
  const found = machine.pointer(isCall(step) ? callSymbol(step) : opPrefix + nameOf(step));
  if (found !== null) return found;
  if (isCall(step))
    throw new LostbitError('E_BAD_CALL', `this module was not built to call ${step.call}()`, {
      hint: 'build it for the scenario that calls it',
    });
  throw new LostbitError('E_UNKNOWN_OP', `unknown op '${nameOf(step)}'`, {
    hint: offerOfSubject(nameOf(step), opsOf(machine)),
  });
}

/** Checks a step's arguments against what the C takes. */
function checkArgs({ debugInfo, program }: Machine, step: Step): void {
  const name = isCall(step) ? step.call : `op_${nameOf(step)}`;
  const signature = debugInfo.signature(name, program.own);
  if (signature === null) return;
  const { parameters } = signature;
  const refuse = (message: string, hint?: string) =>
    new LostbitError('E_BAD_CALL', `${describeStep(step)}: ${message}`, hint === undefined ? {} : { hint });
  const takes = parameters.map((one) => `${spell(one.type)} ${one.name}`).join(', ');
  if (step.args.length > parameters.length || (isCall(step) && step.args.length < parameters.length))
    throw refuse(
      `it is given ${step.args.length} argument${step.args.length === 1 ? '' : 's'} and takes ${parameters.length}`,
      `it takes (${takes === '' ? 'void' : takes})`,
    );
  for (const [i, arg] of step.args.entries()) {
    const value = numberIn(arg);
    if (value === null) continue;
    const { name, type } = parameters[i]!;
    const wrong = misfit(bare(type), value);
    if (wrong !== null)
      throw refuse(`${arg} does not fit '${spell(type)} ${name}': ${wrong}`, `it takes (${takes})`);
  }
}

/** A number, in C's spelling too; `null` for what is known to the compiler only. */
function numberIn(arg: Arg): bigint | null {
  if (typeof arg === 'number') return BigInt(arg);
  const [, sign, digits] =
    (typeof arg === 'string' && /^([-+]?)(0x[\da-f]+|0|[1-9]\d*)[ul]{0,3}$/i.exec(arg)) || [];
  if (digits === undefined) return null;
  return sign === '-' ? -BigInt(digits) : BigInt(digits);
}

function misfit(type: Type, value: bigint): string | null {
  if (type.kind === 'pointer')
    return value === 0n ? null : "a pointer is given as an expression of the C, as '&port', or as 0";
  if (type.kind === 'enum') return value >= -(2 ** 31) && value < 2 ** 32 ? null : 'it has 32 bits';
  if (type.kind !== 'base') return null;
  if (type.encoding === 'float' || type.encoding === 'other') return 'only whole numbers can be passed';
  if (type.encoding === 'bool') return value === 0n || value === 1n ? null : 'it is 0 or 1';
  const bits = type.size * 8;
  return value >= -(2 ** (bits - 1)) && value < 2 ** bits ? null : `it has ${bits} bits`;
}

/**
 * What a module calls an argument. A function that can fail goes by the address of its variable, as the program is linked.
 *
 * @throws LostbitError `E_UNKNOWN_OP`, `E_UNKNOWN_FAULT` where this module's C side has no such name.
 */
export function argValue(machine: Machine, arg: Arg): number {
  if (typeof arg === 'number') return arg;
  // The C of the call has it.
  if (typeof arg === 'string') return 0;
  if ('fault' in arg) return faultVariable(machine, arg.fault);
  return wordValue(machine, arg.is);
}

const faultPrefix = 'stub_fault_';

/** The functions of the kernel that can be made to fail in a module. */
export const faultsOf = (machine: Machine): string[] =>
  ownVariables(machine).flatMap(({ name }) =>
    name.startsWith(faultPrefix) ? [name.slice(faultPrefix.length)] : [],
  );

function faultVariable(machine: Machine, name: string): number {
  const found = ownVariables(machine).find((one) => one.name === faultPrefix + name);
  if (found !== undefined) return found.address;
  throw new LostbitError('E_UNKNOWN_FAULT', `'${name}' is not a function that can be made to fail here`, {
    hint: offer(
      name,
      faultsOf(machine),
      'this C uses no function of the kernel that can fail; docs/stub.md says which ones there are',
    ),
  });
}

/** The number that a name stands for in a module. */
export function wordValue(machine: Machine, word: Word): number {
  if (typeof word === 'number') return word;
  if (!('bits' in word)) return enumeratorValue(machine, word);
  return word.bits.reduce((sum, one) => sum | (1 << enumeratorValue(machine, one)), 0);
}

function enumeratorValue({ debugInfo }: Machine, { enum: tag, name }: Enumerator): number {
  const values = debugInfo.enumeration(tag);
  const value = values.get(name);
  if (value !== undefined) return value;
  throw new LostbitError('E_UNKNOWN_OP', `this module knows nothing called '${name}'`, {
    hint: `its enum ${tag} has no ${name}`,
  });
}

/** An offset that 32 bits have room for, and no object: the C side says so. */
const furthest = 2 ** 31;

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
  names: Names,
): void {
  const { hops, pointers, size, bit, bits, signed, pointer } = resolveField(machine, names, field);
  if (!target.has(`${path}.hop[${hops.length - 1}]`))
    throw new LostbitError('E_UNKNOWN_FIELD', `'${field}' follows too many pointers: ${hops.length - 1}`, {
      hint: 'observe a field that is nearer to its variable',
    });
  target.set(`${path}.source`, machine.enumerator('lab_source', 'LAB_FIELD'));
  target.set(`${path}.hops`, hops.length);
  const targets = [0, ...pointers.map(({ target }) => target)];
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
