// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFile } from 'node:fs/promises';
import type { KernelTree } from '../../src/source/kernel-tree.js';
import { kernelUnits } from '../../src/source/kernel-units.js';
import { readOwnC } from '../../src/source/own-c.js';
import { ownRoot } from '../../src/source/own-path.js';
import { treeProgram } from '../../src/source/tree-program.js';
import { type Build, buildModule } from '../../src/toolchain/build.js';
import { Cache } from '../../src/toolchain/cache.js';
import { compileUnits, unitsOf } from '../../src/toolchain/objects.js';
import type { FileTree, Program } from '../../src/toolchain/types.js';
import { ImportKind, importsOf } from '../../src/wasm/imports.js';
import { linkingOf } from '../../src/wasm/linking.js';
import { toolchain } from '../support/race.js';
import type { Contract, Contracts, Over, Race } from './contract.js';
import { atomics } from './contracts/atomics.js';
import { basics } from './contracts/basics.js';
import { contexts } from './contracts/contexts.js';
import { devices } from './contracts/devices.js';
import { interrupts } from './contracts/interrupts.js';
import { lists } from './contracts/lists.js';
import { locks } from './contracts/locks.js';
import { memory } from './contracts/memory.js';
import { races } from './contracts/races.js';
import { timers } from './contracts/timers.js';
import { treeFiles } from './contracts/tree/files.js';
import { treeIommu } from './contracts/tree/iommu.js';
import { treeNames } from './contracts/tree/names.js';
import { treeParameters } from './contracts/tree/parameters.js';
import { treePci } from './contracts/tree/pci.js';
import { treePrinting } from './contracts/tree/printing.js';
import { treeProcessors } from './contracts/tree/processors.js';
import { treeSlab } from './contracts/tree/slab.js';
import { treeStrings } from './contracts/tree/strings.js';
import { treeTime } from './contracts/tree/time.js';
import { waits } from './contracts/waits.js';
import { works } from './contracts/works.js';

/** Of what only a kernel tree's headers have. */
const treeOnly: Contracts = {
  ...treeFiles,
  ...treeIommu,
  ...treeNames,
  ...treeParameters,
  ...treePci,
  ...treePrinting,
  ...treeProcessors,
  ...treeSlab,
  ...treeStrings,
  ...treeTime,
};

const common: Contracts = {
  ...atomics,
  ...basics,
  ...contexts,
  ...devices,
  ...interrupts,
  ...lists,
  ...locks,
  ...memory,
  ...timers,
  ...waits,
  ...works,
};

export type NamedContract = readonly [name: string, contract: Contract];

const named = (contracts: Contracts, over?: Over): NamedContract[] =>
  Object.entries(contracts).map(([name, what]) => [
    name,
    { ...(over && { over }), ...(typeof what === 'string' ? { c: what } : what) },
  ]);

const all = [...named(common), ...named(treeOnly, 'tree')];

/** In the order in which the program over those headers has them. */
export const contractsOver = (headers: Over): NamedContract[] =>
  all.filter(([, { over = headers }]) => over === headers);

const include = '#include "contract.h"\n';
const dashes = /^\s*-{5,}\s*$/m;

function contractsSource(headers: Over): string {
  const tests = contractsOver(headers).map(([, { c }], i) => {
    const [top, body] = dashes.test(c) ? c.split(dashes) : ['', c];
    const lines = top!.split('\n').length;
    return `#line 1 "contract-${i}"
${top}
static u32 test_${i}(void)
{
#line ${lines} "contract-${i}"
${body}
	return 0;
}
`;
  });
  const table = tests.map((_, i) => `test_${i}`).join(', ');
  return `${include}${tests.join('')}u32 (*const contract_tests[])(void) = { ${table} };\n`;
}

/** A race: what has a name with a $ is its own. */
function raceSource({ shared, begin = '', actors, observe }: Race, index: number): string {
  const bodies = actors.map((body, a) => `static void $actor_${a}(void)\n{\n${body}\n}\n`).join('');
  const calls = actors.map((_, a) => `\tif (actor == ${a})\n\t\t$actor_${a}();\n`).join('');
  const values = observe.map((expression, n) => `\tvalues[${n}] = (s64)(${expression});\n`).join('');
  const source = `${shared}
${bodies}
static void $begin(void)
{
${begin}
}

static void $act(u32 actor)
{
${calls}}

static void $observe(s64 *values)
{
${values}}
`;
  return source.replace(/\$(\w+)/g, `$1_${index}`);
}

function racesSource(): string {
  const sources = Object.values(races).map(raceSource);
  const table = sources.map((_, i) => `\t{ begin_${i}, act_${i}, observe_${i} },\n`).join('');
  return `${include}${sources.join('\n')}\nconst struct contract_race contract_races[] = {\n${table}};\n`;
}

/** The contracts' own units. Each machine has variables of its own of the last two, as of a subject's. */
const ownUnits = ['contract.c', 'contracts.c', 'races.c'];

/** The contracts' own C, over those headers. */
async function ownC(headers: Over): Promise<FileTree> {
  const files = ['contract.c', 'contract.h'].map(
    async (name) => [name, await readFile(new URL(name, import.meta.url), 'utf8')] as const,
  );
  return new Map([
    ...(await Promise.all(files)),
    ['contracts.c', contractsSource(headers)],
    ['races.c', racesSource()],
  ]);
}

/** All contracts, and those parts of the stub kernel that they need. */
export async function contractProgram(): Promise<Program> {
  // Without the lab, in whose place contract.c is.
  const kernel = [...(await readOwnC())].filter(([path]) => /^(include|kernel)\//.test(path));
  const tree: FileTree = new Map([...kernel, ...(await ownC('own'))]);
  const units = [
    ...ownUnits,
    ...kernelUnits(
      tree,
      ownUnits,
      kernel.map(([path]) => path),
    ),
  ];
  return { tree, units, own: ['contracts.c', 'races.c'], modules: {} };
}

/** The same over the headers of a kernel's sources, with those contracts that only they have functions for. */
export async function contractTreeProgram(tree: KernelTree): Promise<Program> {
  const mounted = 'subjects/contracts';
  const { calling: _, ...program } = await treeProgram({
    tree,
    modules: [],
    units: [],
    subject: { name: 'contracts', root: 'subjects/contracts', tree: await ownC('tree'), units: ownUnits },
    defines: {},
    calls: [],
  });
  return {
    ...program,
    units: program.units.filter((path) => !path.startsWith(`${ownRoot}/lab/`)),
    own: program.own.filter((path) => path !== `${mounted}/contract.c`),
  };
}

const options = { bitfieldAccess: 'fine', optimize: '2' } as const;

/** A program as one module; `mutate` changes the stub kernel. */
export async function contractBuild(
  mutate: (tree: FileTree) => FileTree = (tree) => tree,
  made: Promise<Program> = contractProgram(),
): Promise<Build> {
  const program = await made;
  return buildModule({ ...program, tree: mutate(program.tree) }, await toolchain(), options);
}

/** What units of a program define for others, and what they call of others. */
export async function functionsOf(
  program: Program,
  units: readonly string[],
): Promise<{ defined: Set<string>; called: Set<string> }> {
  const compiler = await toolchain();
  const wanted = unitsOf({ ...program, units }, compiler, options);
  const objects = await compileUnits(wanted, program.tree, compiler, new Cache(null), {});
  const symbols = [...objects.values()].flatMap(({ bytes }) => linkingOf(bytes)?.symbols ?? []);
  const imports = [...objects.values()].flatMap(({ bytes }) => importsOf(bytes));
  const isFunction = ({ kind }: { kind: string }) => kind === 'function';
  return {
    defined: new Set(
      symbols.filter((one) => isFunction(one) && one.isDefined && !one.isLocal).map(({ name }) => name),
    ),
    called: new Set(imports.filter(({ kind }) => kind === ImportKind.function).map(({ name }) => name)),
  };
}
