// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import { call } from '../../src/index.js';
import { reportJson, resultJson } from '../../src/report/json.js';
import { readExternalResults } from '../../src/report/result-file.js';
import type { Result } from '../../src/verify/result.js';
import { directoryOf } from '../source/fixture.js';
import { parseReport } from '../support/report.js';
import { access, lostBarWrite } from './executions.js';
import { foundRace, raced } from './results.js';

const asText = (...results: Result[]) => JSON.stringify(reportJson(results));

const identity = { rule: 'lostbit/use-after-free', fingerprint: '0123456789abcdef' };
const violation = {
  ...identity,
  kind: 'use-after-free',
  message: 'memory was used after it was freed',
  object: 'A.tracker',
  task: 'masker',
  context: 'process',
  stack: [{ function: 'destroy_qp', file: 'vfio/pci/mlx5/cmd.c', line: 12 }],
  count: 1,
} as const;
const explored: Result = {
  ...raced,
  engine: 'simulate',
  exhaustive: true,
  violations: [violation],
  races: [foundRace({ kind: 'plain', sides: [side('a'), side('b')], pairs: 1, count: 1, schedule: 'x' })],
  setup: [call('port_probe')],
  actors: [
    { name: 'masker', context: 'process', cpu: null, steps: [call('port_irq', 0x400)] },
    { name: 'mover', context: 'process', cpu: null, steps: [] },
  ],
  interleaving: lostBarWrite,
  racers: null,
  exploration: { strategy: 'dpor', executions: 7, blocked: 0, bounded: null, seed: null },
  replayed: {
    times: 20,
    same: 19,
    endings: { done: 20, deadlock: 0, unserved: 0, trap: 0, hang: 0 },
    simulated: { ending: 'done', values: { virq: 0 }, violations: [] },
    differences: ['1 of 20 times …'],
  },
};

function side(task: string) {
  return { ...access({ kind: 'store' }), task };
}

describe('a result as JSON', () => {
  test('is as the published schema says, of every engine', () => {
    const sequence: Result = { ...raced, engine: 'run', racers: null };
    const broken = { code: 'E_SETUP', message: 'no', hint: null, stack: null };
    const none: Result = { ...raced, verdict: null, agreement: 'broken', broken };
    const read = parseReport(asText(raced, explored, sequence, none)).results;
    expect(read.map(({ threads }) => threads?.pinned)).toEqual([true, undefined, undefined, true]);
    expect(read[3]!.broken).toEqual(broken);
    expect(read[0]).not.toHaveProperty('broken');
    expect(read[0]).not.toHaveProperty('undecided');
    expect(read[0]).not.toHaveProperty('races');
  });

  test('has violations and data races with their rules and fingerprints', () => {
    const { violations, races } = resultJson(explored);
    expect(violations).toEqual([violation]);
    expect(races).toMatchObject([{ rule: 'lostbit/data-race', fingerprint: '0123456789abcdef' }]);
  });

  test('has steps as lines, and how often real threads came to the same', () => {
    expect(resultJson(explored)).toMatchObject({
      scenario: 'intx-mask-vs-bar-write',
      toolchainVersion: 'clang 22',
      setup: ['port_probe()'],
      actors: { masker: ['port_irq(0x400)'], mover: [] },
      replayed: { times: 20, same: 19 },
      simulation: { executions: 7 },
    });
    expect(resultJson(explored).simulation).not.toHaveProperty('seed');
    expect(JSON.stringify(resultJson(explored))).not.toContain('differences');
  });

  test('has of sequences those that failed', () => {
    const run = { fault: null, outcome: null, warnings: [], idle: false, violations: [] };
    const step = { text: 'open A', value: 0, name: null, violations: [] };
    const runs = [
      { ...run, name: 'good', steps: [step] },
      { ...run, name: 'bad', steps: [step], violations: [violation] },
    ];
    expect(resultJson({ ...raced, runs }).runs).toEqual([
      { sequence: 'bad', fault: null, steps: [{ text: 'open A', value: 0, name: null }] },
    ]);
  });
});

test('reports from before there were rules and fingerprints are taken', async () => {
  const old = reportJson([{ ...explored, outcomes: [], races: [], interleaving: null }]);
  for (const found of old.results[0]!.violations) {
    delete found.rule;
    delete found.fingerprint;
  }
  const dir = await directoryOf({ 'old.json': JSON.stringify(old) });
  const scenario = { ...raced.scenario, devices: {}, actors: {}, observe: {}, outcomes: [] };
  const known = { scenarios: new Map([[raced.scenario.name, scenario as never]]), stages: ['base'] };
  const [read] = await readExternalResults(`${dir}/old.json`, known);
  expect(read!.violations).toMatchObject([{ kind: 'use-after-free', object: 'A.tracker' }]);
});
