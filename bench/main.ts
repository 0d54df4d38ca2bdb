// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/package-root.js';
import { grouped } from '../src/report/grouped.js';
import { writable, writeWhole } from '../src/report/write.js';
import { type BuildRow, benchBuilds } from './builds.js';
import { benchHazards, type HazardRow } from './hazards.js';
import { benchLayouts, type LayoutRow } from './layouts.js';
import { benchMatrix, type MatrixRow } from './matrix.js';
import { benchSimulate, type SimulateRow } from './simulate.js';
import { benchStress, type StressRow } from './stress.js';
import { benchSweep } from './sweep.js';
import { sweepTable } from './sweep-table.js';
import { benchTrees, type TreeRows } from './trees.js';

// npm run bench                            measures everything into bench/RESULTS.md
// npm run bench -- stress --json FILE      one suite, as JSON
// npm run bench -- --short                 all of it for a moment: whether it still runs

type Progress = (what: string) => void;

/** Each measures, and says it as a table. */
const suites: Readonly<
  Record<string, (progress: Progress, brief: boolean) => Promise<[rows: object, table: string]>>
> = {
  stress: async (...how) => withTable(await benchStress(...how), stressTable),
  sweep: async (...how) => withTable(await benchSweep(...how), sweepTable),
  builds: async (...how) => withTable(await benchBuilds(...how), buildTable),
  matrix: async (...how) => withTable(await benchMatrix(...how), matrixTable),
  simulate: async (...how) => withTable(await benchSimulate(...how), simulateTable),
  trees: async (...how) => withTable(await benchTrees(...how), treeTable),
  hazards: async (...how) => withTable(await benchHazards(...how), hazardTable),
  layouts: async (...how) => withTable(await benchLayouts(...how), layoutTable),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, short: { type: 'boolean', default: false } },
});
const known = Object.keys(suites);
const wanted = positionals.length > 0 ? known.filter((name) => positionals.includes(name)) : known;
if (positionals.some((name) => !known.includes(name)) || (values.json !== undefined && wanted.length !== 1)) {
  console.error(`usage: npm run bench [-- ${known.join('|')} [--json FILE]] [--short]`);
  process.exit(2);
}

const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} processors, Linux ${release()}, Node ${process.versions.node}`;
const loadBefore = loadavg()[0]!;
const tables: string[] = [];
for (const name of wanted) {
  const [rows, table] = await suites[name]!((what) => console.error(`bench: ${what}`), values.short);
  if (values.json !== undefined)
    await writeWhole(await writable(values.json), `${JSON.stringify(rows, null, 2)}\n`);
  console.log(`\n${table}`);
  tables.push(table);
}
if (wanted.length === known.length && !values.short) await record();

/** Puts the figures between the marks of RESULTS.md; the text about them there is written by hand. */
async function record(): Promise<void> {
  const file = join(packageRoot(), 'bench/RESULTS.md');
  const text = await readFile(file, 'utf8');
  const [begin, end] = ['<!-- measured -->', '<!-- /measured -->'];
  // What else it had to do shows before: while it is measured, it is busy with that.
  const load = `load ${loadBefore.toFixed(1)} before the first measurement`;
  const measured = `${begin}\n${machine}; ${load}\n\n${tables.join('\n\n')}\n${end}`;
  await writeWhole(
    await writable(file),
    text.slice(0, text.indexOf(begin)) + measured + text.slice(text.indexOf(end) + end.length),
  );
}

function withTable<T extends object>(rows: T, table: (rows: T) => string): [T, string] {
  return [rows, table(rows)];
}

function stressTable(rows: readonly StressRow[]): string {
  return [
    '| race | workers | pinned | samples/s | lost/s | lost | line transfer |',
    '|---|--:|---|--:|--:|--:|--:|',
    ...rows.map(
      ({ name, workers, pinned, samples, lost, samplesPerSecond, lostPerSecond, lineTransferNs }) =>
        `| ${name} | ${workers} | ${pinned ? 'yes' : 'no'} | ${grouped(samplesPerSecond)} | ${grouped(lostPerSecond)} | ${samples === 0 ? '?' : ((100 * lost) / samples).toFixed(2)} % | ${lineTransferNs?.toFixed(0) ?? '?'} ns |`,
    ),
  ].join('\n');
}

function buildTable(rows: readonly BuildRow[]): string {
  return [
    '| build | units compiled | seconds |',
    '|---|--:|--:|',
    ...rows.map(({ name, compiled, seconds }) => `| ${name} | ${compiled} | ${seconds.toFixed(1)} |`),
  ].join('\n');
}

function matrixTable(rows: readonly MatrixRow[]): string {
  return [
    '| matrix | cells | as expected | seconds |',
    '|---|--:|--:|--:|',
    ...rows.map(
      ({ name, cells, agreeing, seconds }) => `| ${name} | ${cells} | ${agreeing} | ${seconds.toFixed(1)} |`,
    ),
  ].join('\n');
}

function simulateTable(rows: readonly SimulateRow[]): string {
  return [
    '| exploration | n | strategy | executions | given up | first, seconds | warm, executions/s |',
    '|---|--:|---|--:|--:|--:|--:|',
    ...rows.map(
      ({ program, n, strategy, executions, blocked, seconds, executionsPerSecond }) =>
        `| ${program} | ${n ?? ''} | ${strategy} | ${grouped(executions)} | ${grouped(blocked)} | ${seconds.toFixed(2)} | ${grouped(Math.round(executionsPerSecond))} |`,
    ),
  ].join('\n');
}

function treeTable({ races, explorations, verifies, missing }: TreeRows): string {
  if (missing !== null) return `A kernel's own sources: skipped: ${missing}`;
  return [
    '| a kernel’s sources: cells | as expected | seconds |',
    '|---|--:|--:|',
    ...verifies.map(
      ({ name, cells, agreeing, seconds }) => `| ${name}, ${cells} | ${agreeing} | ${seconds.toFixed(1)} |`,
    ),
    '',
    stressTable(races),
    '',
    simulateTable(explorations),
  ].join('\n');
}

function hazardTable(rows: readonly HazardRow[]): string {
  return [
    '| hazards of | files | pairs | seconds |',
    '|---|--:|--:|--:|',
    ...rows.map(
      ({ name, units, pairs, seconds }) => `| ${name} | ${units} | ${pairs} | ${seconds.toFixed(1)} |`,
    ),
  ].join('\n');
}

function layoutTable(rows: readonly LayoutRow[]): string {
  return [
    '| file | MB | members | seconds | process, seconds |',
    '|---|--:|--:|--:|--:|',
    ...rows.map(
      ({ name, size, members, seconds, processSeconds }) =>
        `| ${name} | ${(size / 1e6).toFixed(0)} | ${grouped(members)} | ${seconds.toFixed(2)} | ${processSeconds.toFixed(2)} |`,
    ),
  ].join('\n');
}
