// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/package-root.js';
import { grouped } from '../src/report/race-table.js';
import { writable, writeWhole } from '../src/report/write.js';
import { type BuildRow, benchBuilds } from './builds.js';
import { benchLayouts, type LayoutRow } from './layouts.js';
import { benchMatrix, type MatrixRow } from './matrix.js';
import { benchSimulate, type SimulateRow } from './simulate.js';
import { benchStress, type StressRow } from './stress.js';

// npm run bench                            measures everything into bench/RESULTS.md
// npm run bench -- stress --json FILE      one suite, as JSON

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const known = ['stress', 'builds', 'matrix', 'simulate', 'layouts'];
const wanted = positionals.length > 0 ? positionals : known;
const unknown = wanted.find((name) => !known.includes(name));
if (unknown !== undefined || (values.json !== undefined && wanted.length !== 1)) {
  console.error(`usage: npm run bench [-- ${known.join('|')} [--json FILE]]`);
  process.exit(2);
}

const tell = (what: string) => console.error(`bench: ${what}`);
const stress = wanted.includes('stress') ? await benchStress(tell) : null;
const builds = wanted.includes('builds') ? await benchBuilds(tell) : null;
const matrix = wanted.includes('matrix') ? await benchMatrix(tell) : null;
const simulate = wanted.includes('simulate') ? await benchSimulate(tell) : null;
const layouts = wanted.includes('layouts') ? await benchLayouts(tell) : null;

if (values.json !== undefined)
  await writeWhole(
    await writable(values.json),
    `${JSON.stringify(stress ?? builds ?? matrix ?? simulate ?? layouts, null, 2)}\n`,
  );
if (stress !== null) console.log(stressTable(stress));
if (builds !== null) console.log(buildTable(builds));
if (matrix !== null) console.log(matrixTable(matrix));
if (simulate !== null) console.log(simulateTable(simulate));
if (layouts !== null) console.log(layoutTable(layouts));
if (stress !== null && builds !== null && matrix !== null && simulate !== null && layouts !== null)
  await record([
    stressTable(stress),
    buildTable(builds),
    matrixTable(matrix),
    simulateTable(simulate),
    layoutTable(layouts),
  ]);

/** Puts the figures between the marks of RESULTS.md; what is said about them there is written by hand. */
async function record(tables: readonly string[]): Promise<void> {
  const file = join(packageRoot(), 'bench/RESULTS.md');
  const text = await readFile(file, 'utf8');
  const [begin, end] = ['<!-- measured -->', '<!-- /measured -->'];
  const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} processors, Linux ${release()}, Node ${process.versions.node}`;
  const measured = `${begin}\n${machine}\n\n${tables.join('\n\n')}\n${end}`;
  await writeWhole(
    await writable(file),
    text.slice(0, text.indexOf(begin)) + measured + text.slice(text.indexOf(end) + end.length),
  );
}

function stressTable(rows: readonly StressRow[]): string {
  return [
    '| race | workers | pinned | samples/s | lost/s | lost | line transfer |',
    '|---|--:|---|--:|--:|--:|--:|',
    ...rows.map(
      ({ name, workers, pinned, samples, lost, samplesPerSecond, lostPerSecond, lineTransferNs }) =>
        `| ${name} | ${workers} | ${pinned ? 'yes' : 'no'} | ${grouped(samplesPerSecond)} | ${grouped(lostPerSecond)} | ${((100 * lost) / samples).toFixed(2)} % | ${lineTransferNs?.toFixed(0) ?? '?'} ns |`,
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
