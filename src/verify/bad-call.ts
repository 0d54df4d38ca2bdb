// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { DebugInfo, type Signature } from '../layout/debug-info.js';
import { spell } from '../layout/spell.js';
import { bare } from '../layout/types.js';
import { printable } from '../printable.js';
import { callSymbol } from '../scenario/calls.js';
import {
  actorOf,
  isLayout,
  isObservation,
  isRace,
  type Scenario,
  sequencesOf,
} from '../scenario/scenario.js';
import { isCall, type Step } from '../scenario/step.js';
import { argumentAt, type Call, callAt, codeThatKeeps, symbolOf } from '../source/calls.js';
import type { CallingProgram, CallingUnit } from '../source/program.js';
import { unitOptions } from '../toolchain/objects.js';
import type { CompileOptions, FileTree, Product, Toolchain } from '../toolchain/types.js';

type Scenarios = Readonly<Record<string, Scenario>>;

/**
 * What is thrown where a program did not build. A unit that compiles without the calls that lostbit has put behind it is no fault
 * of the C's: one of the calls is wrong, and which one, and why, is said in the words of the scenario. What was wrong with the C
 * itself is said without these lines, which stand in no file.
 */
export async function faultOfCall(
  error: unknown,
  program: CallingProgram,
  scenarios: Scenarios,
  toolchain: Toolchain,
  options: CompileOptions,
  signal: AbortSignal,
): Promise<unknown> {
  if (!isCompilers(error) || signal.aborted) return error;
  const compile = (unit: string, tree: FileTree) =>
    refusalOr(toolchain.compile(unit, tree, { ...options, ...unitOptions(program, unit) }, signal));
  for (const one of program.calling) {
    const { unit, text, head, calls } = one;
    const made = await compile(unit, program.tree);
    if (!isCompilers(made)) continue;
    const bare = new Map(program.tree).set(unit, head + text);
    const plain = await compile(unit, bare);
    if (isCompilers(plain)) return plain;
    const found = firstAt(one, made.message);
    if (found === null) return made;
    const kept = await compile(unit, bare.set(unit, head + text + codeThatKeeps(calls)));
    const signature = isCompilers(kept) ? null : signatureIn(kept, found.call.function, unit);
    return describe(found, signature, unit, scenarios);
  }
  return error;
}

const isCompilers = (error: unknown): error is LostbitError =>
  error instanceof LostbitError && error.code === 'E_COMPILE';

const refusalOr = (made: Promise<Product>): Promise<Product | LostbitError> =>
  made.catch((error: unknown) => {
    if (isCompilers(error)) return error;
    throw error;
  });

/** What the compiler says of a call. */
interface Complaint {
  readonly call: Call;
  /** Index of the argument that it is about. */
  readonly argument: number | null;
  readonly text: string;
}

/** The first error in a line that makes a call. */
function firstAt({ unit, text, calls }: CallingUnit, diagnostics: string): Complaint | null {
  for (const [, file, line, column, what] of diagnostics.matchAll(
    /^(.+?):(\d+):(\d+): (?:fatal )?error: (.*)$/gm,
  )) {
    const call = file === unit ? callAt(text, calls, Number(line)) : null;
    if (call === null) continue;
    // What is missing at the end is not about the last argument.
    const argument = /^too (?:few|many) arguments/.test(what!) ? null : argumentAt(call, Number(column));
    return { call, argument, text: what!.replace(/ \[-W[\w,=+-]+\]$/, '') };
  }
  return null;
}

function signatureIn({ bytes }: Product, name: string, unit: string): Signature | null {
  try {
    return DebugInfo.fromWasm(bytes).signature(name, [unit]);
  } catch (error) {
    if (error instanceof LostbitError) return null;
    throw error;
  }
}

function describe(
  { call, argument, text }: Complaint,
  signature: Signature | null,
  unit: string,
  scenarios: Scenarios,
): LostbitError {
  const made = stepThatMakes(call, scenarios);
  const name = `${call.function}()`;
  const args = made?.step.args ?? call.args.map((one) => one ?? 0);
  const spelled = `call(${[call.function, ...args].map(spellArg).join(', ')})`;
  const where = made === null ? spelled : `${made.where}: ${spelled}`;
  const refuse = (what: string, hint?: string) =>
    new LostbitError('E_BAD_CALL', `${where}${what}`, hint === undefined ? {} : { hint });
  if (signature === null) return refuse(`: ${printable(text)}`);

  const { parameters, returns, open, line } = signature;
  const takes = parameters.map((one) => spell(one.type, one.name));
  const list = [...takes, ...(open ? ['…'] : [])].join(', ') || 'void';
  const declared = `${spell(returns, `${call.function}(${list})`)}, ${unit}${line === null ? '' : `:${line}`}`;
  const [given, taken] = [call.args.length, parameters.length];
  if (open ? given < taken : given !== taken)
    return refuse(
      ` gives ${counted(given)}, and ${name} takes ${open ? `at least ${taken}` : taken}: ${printable(declared)}`,
    );
  const wanted = argument === null ? undefined : takes[argument];
  if (wanted !== undefined) {
    const arg = spellArg(args[argument!]!);
    const of = `: argument ${argument! + 1}, ${arg},`;
    const behind = `: ${printable(declared)}`;
    const [, type] = /\bpassing '([^']*)'.* to parameter of (?:incompatible )?type /.exec(text) ?? [];
    // A number is passed in a word that no scenario mentions.
    if (typeof args[argument!] === 'number')
      return refuse(`${of} is a number, and ${name} takes '${printable(wanted)}'${behind}`);
    if (type !== undefined)
      return refuse(`${of} is '${printable(type)}', and ${name} takes '${printable(wanted)}'${behind}`);
    const [, from, to] = /changes value from (\S+) to (\S+)/.exec(text) ?? [];
    if (from !== undefined)
      return refuse(
        `${of} does not fit '${printable(wanted)}': ${printable(from)} would become ${printable(to!)}${behind}`,
      );
    return refuse(`${of} is no expression of this C: ${printable(text)}${behind}`);
  }
  const kind = bare(returns).kind;
  if (kind === 'struct' || kind === 'union')
    return refuse(
      `: ${name} returns '${printable(spell(returns))}', and a step returns a number: ${printable(declared)}`,
      'call it in an op: LAB_OP(name, …)',
    );
  return refuse(`: ${printable(text)}: ${printable(declared)}`);
}

const counted = (count: number) => `${count} argument${count === 1 ? '' : 's'}`;

/** An argument as a scenario has it. */
const spellArg = (arg: unknown): string =>
  typeof arg === 'string' ? `'${printable(arg)}'` : printable(String(arg));

interface Made {
  readonly where: string;
  readonly step: Step;
}

/** The first step that makes a call, and where it stands. */
function stepThatMakes(call: Call, scenarios: Scenarios): Made | null {
  const symbol = symbolOf(call);
  for (const { where, steps } of Object.entries(scenarios).flatMap(([name, one]) => listsOf(name, one))) {
    const step = steps.find((one) => isCall(one) && callSymbol(one) === symbol);
    if (step !== undefined) return { where, step };
  }
  return null;
}

interface List {
  readonly where: string;
  readonly steps: readonly Step[];
}

function listsOf(name: string, scenario: Scenario): List[] {
  if (isLayout(scenario)) return [];
  const own: List[] = isRace(scenario)
    ? Object.entries(scenario.actors).map(([actor, spec]) => ({
        where: `${name}, actor '${actor}'`,
        steps: actorOf(spec).steps,
      }))
    : Object.entries(sequencesOf(scenario)).map(([sequence, items]) => ({
        where: sequence === '' ? name : `${name}, sequence '${sequence}'`,
        steps: items.flatMap((item) =>
          isObservation(item) ? (typeof item.what === 'string' ? [] : [item.what]) : [item],
        ),
      }));
  return [{ where: `${name}, set-up`, steps: scenario.setup ?? [] }, ...own];
}
