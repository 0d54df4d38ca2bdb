// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { z } from 'zod';
import { LostbitError } from '../errors.js';
import { jsonPlace } from '../json-place.js';
import { offer } from '../nearest.js';
import { printable } from '../printable.js';
import { mostText, readRegularFile } from '../regular-file.js';
import { isRace, type Scenario } from '../scenario/scenario.js';
import type { ExternalResult } from '../verify/external.js';
import { type ResultFile, resultFile, resultSchemaId } from './result-schema.js';
import { type Report, report, reportSchemaId } from './schema.js';

/** What a file may be about. */
export interface KnownNames {
  readonly scenarios: ReadonlyMap<string, Scenario>;
  readonly stages: readonly string[];
}

/**
 * Reads what another engine has found: a `lostbit.result/1`, or a report of lostbit's, of which the races count.
 *
 * @throws LostbitError `E_RESULT`, with the file, the place in it, and what was expected there.
 */
export async function readExternalResults(file: string, known: KnownNames): Promise<ExternalResult[]> {
  const text = (await readRegularFile(file, 'E_RESULT', mostText)).toString('utf8');
  const content = parse(text, file);
  refusePrototype(content, file);
  const schema: unknown = typeof content === 'object' && content !== null && Reflect.get(content, 'schema');
  const results = schema === reportSchemaId ? ofReport(content, file) : ofFile(content, file, schema);
  return results.flatMap((result, i) => {
    const refuse: Refuse = (path, why, hint) => {
      throw malformed(file, `results[${i}].${path}`, why, hint);
    };
    const scenario = known.scenarios.get(result.scenario);
    if (scenario === undefined)
      return refuse(
        'scenario',
        `unknown scenario '${printable(result.scenario)}'`,
        `${offer(result.scenario, known.scenarios.keys())} (a scenario of your own has to be named on the command line)`,
      );
    if (!known.stages.includes(result.stage))
      return refuse('stage', `unknown stage '${printable(result.stage)}'`, offer(result.stage, known.stages));
    if (!isRace(scenario)) {
      if (schema === reportSchemaId) return [];
      return refuse('scenario', `nothing in '${result.scenario}' happens at the same time`);
    }
    const names = Object.keys(scenario.observe);
    for (const [j, { values }] of result.outcomes.entries()) {
      const path = `outcomes[${j}].values`;
      const odd = Object.keys(values).find((name) => !names.includes(name));
      if (odd !== undefined)
        refuse(
          `${path}.${printable(odd)}`,
          `'${result.scenario}' observes no '${printable(odd)}'`,
          offer(odd, names),
        );
      const lacking = names.find((name) => !Object.hasOwn(values, name));
      if (lacking !== undefined)
        refuse(path, `lacks '${lacking}'; '${result.scenario}' observes ${names.join(', ')}`);
    }
    return [{ ...result, outcomes: result.outcomes.filter(({ count }) => count !== 0) }];
  });
}

type Refuse = (path: string, why: string, hint?: string) => never;

const malformed = (
  file: string,
  path: string,
  why: string,
  hint = 'docs/fidelity.md shows such a file, schema/result.schema.json says what it may hold',
) => new LostbitError('E_RESULT', `'${printable(file)}' is not a result: at ${path}: ${why}`, { hint });

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const place = jsonPlace(text);
    if (place === null) throw error;
    const { line, column, expected } = place;
    throw malformed(file, `line ${line}, column ${column}`, `no JSON: expected ${expected}`);
  }
}

function checked<T extends z.ZodType>(shape: T, content: unknown, file: string): z.output<T> {
  const { data, error } = shape.safeParse(content);
  if (error === undefined) return data;
  const [issue] = error.issues;
  throw malformed(file, printable(z.core.toDotPath(issue!.path)) || 'the top', printable(issue!.message));
}

/** A value of that name the schema would pass over in silence; as no observed value is called so, it is unknown. */
function refusePrototype(content: unknown, file: string): void {
  const { results } = (content ?? {}) as { results?: unknown };
  for (const [i, result] of listOf(results).entries())
    for (const [j, outcome] of listOf((result as { outcomes?: unknown } | null)?.outcomes).entries()) {
      const values = (outcome as { values?: unknown } | null)?.values;
      if (typeof values === 'object' && values !== null && Object.hasOwn(values, '__proto__'))
        throw malformed(
          file,
          `results[${i}].outcomes[${j}].values.__proto__`,
          "no scenario observes '__proto__'",
        );
    }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function ofFile(content: unknown, file: string, schema: unknown): ExternalResult[] {
  if (typeof schema === 'string' && schema !== resultSchemaId)
    throw malformed(
      file,
      'schema',
      `expected '${resultSchemaId}' or '${reportSchemaId}', found '${printable(schema)}'`,
    );
  const { engine, results }: ResultFile = checked(resultFile, content, file);
  return results.map(({ scenario, stage, bitfieldAccess = null, exhaustive = false, outcomes }) => ({
    engine: printable(engine),
    file: printable(file),
    scenario,
    stage,
    bitfieldAccess,
    exhaustive,
    outcomes: outcomes.map(({ values, count = null }) => ({ values, count })),
    violations: null,
  }));
}

function ofReport(content: unknown, file: string): ExternalResult[] {
  const { results }: Report = checked(report, content, file);
  // A broken entry has no result.
  const whole = results.filter(({ broken }) => broken === undefined);
  return whole.map(({ engine, scenario, stage, bitfieldAccess, exhaustive, outcomes, violations }) => ({
    engine: printable(engine),
    file: printable(file),
    scenario,
    stage,
    bitfieldAccess,
    exhaustive,
    outcomes: outcomes.map(({ values, count }) => ({ values, count })),
    violations: violations.map((one) => ({
      ...one,
      kind: printable(one.kind),
      object: one.object === null ? null : printable(one.object),
    })),
  }));
}
