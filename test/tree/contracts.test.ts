// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKernelTree } from '../../src/source/kernel-tree.js';
import { ownRoot } from '../../src/source/own-path.js';
import type { Build } from '../../src/toolchain/build.js';
import type { FileTree, Program } from '../../src/toolchain/types.js';
import { ContractProgram, testContracts } from '../kernel/contract-program.js';
import { races } from '../kernel/contracts/races.js';
import { contractBuild, contractsOver, contractTreeProgram, functionsOf } from '../kernel/program.js';
import { RaceSimulator } from '../kernel/race-simulator.js';
import { closeToolchains, replaced } from '../support/race.js';
import { debianTree } from './trees.js';

/** What no contract calls itself, and why. */
const indirect: Record<string, string> = {
  radix_tree_node_rcu_free: 'the kernel’s xarray does, after a grace period',
  stub_file_closed: 'fput() does',
  stub_inode_init: 'alloc_anon_inode() does',
  stub_inode_put: 'iput() does',
};

/** What is broken of what only a kernel's sources ask for: file, what stands there, what comes in its place; what shows it. */
type Mutant = readonly [file: string, from: string, to: string, shown: string];

const mutants: readonly Mutant[] = [
  [
    'chrdev.c',
    'dev - at->cdev->dev < at->cdev->count &&',
    'dev - at->cdev->dev <= at->cdev->count &&',
    'a character device is opened by the numbers that it was added with',
  ],
  [
    'chrdev.c',
    '\tif (!ret)\n\t\tget_device(parent_of(cdev));\n',
    '',
    'the parent of a character device stays until the last opener has gone',
  ],
  [
    'chrdev.c',
    '(is_dynamic || !is_minor_taken(misc->minor))',
    'true',
    'a minor is one misc device’s, and free again when that has gone',
  ],
  [
    'delay.c',
    'preempted_deep(task) != depth',
    'false',
    'who makes way under a lock has it, and nothing else',
  ],
  ['device.c', "*at = '!';", "*at = '/';", 'a device has the name that it was given last, without slashes'],
  [
    'iommu.c',
    'if (!group->owners) {',
    'if (!group->owners || group->owner == owner) {',
    'a group’s DMA has one owner at a time',
  ],
  [
    'iommu.c',
    '\tkfree(member);\n\tdev->iommu_group = NULL;\n\tiommu_group_put(group);\n',
    '\tkfree(member);\n\tdev->iommu_group = NULL;\n',
    'a member has a reference on its group until it is removed',
  ],
  [
    'irq.c',
    '!(set & IRQ_NOAUTOEN)',
    'true',
    'a line that is not to come on by itself is off until it is enabled',
  ],
  [
    'params.c',
    'if (!value && *is_on)',
    'if (!value && !*is_on)',
    'a switch that is only for switching on stays on',
  ],
  [
    'pci.c',
    'ret = walk(pdev->subordinate, call, data);',
    'walk(pdev->subordinate, call, data);',
    'a walk along a bus goes below its bridges, until a call returns something',
  ],
  ['percpu.c', 'gfp | __GFP_ZERO', 'gfp', 'each CPU has zeroed memory of its own'],
  ['pseudo_fs.c', '\tstub_might_sleep(inode);\n', '', 'putting an inode may sleep'],
  [
    'resource.c',
    '(*at)->end < new->start',
    '(*at)->end <= new->start',
    'address space is given out once, sorted, within what it is a part of',
  ],
  [
    'slab.c',
    '\t\tcall_rcu((struct rcu_head *)head, free_holder);\n',
    '\t\tfree_holder((struct rcu_head *)head);\n',
    'what kfree_rcu frees is there until all readers have left',
  ],
  [
    'slab.c',
    '\tif (cache->ctor)\n\t\tcache->ctor(object);\n',
    '',
    'a cache gives objects of its size, which its constructor has seen',
  ],
  [
    'sprintf.c',
    'to[out.length < room ? out.length : room - 1] = 0;',
    'to[out.length < room ? out.length : room] = 0;',
    'snprintf ends what it cuts, and returns how long it would have been',
  ],
  [
    'sprintf.c',
    '(width ? (size_t)width : strlen(text))',
    'strlen(text)',
    'sscanf reads bases, widths and lengths as they are said',
  ],
  [
    'time.c',
    'over >= HZ / 4',
    'over >= HZ / 2',
    'a time is rounded to a whole second near it, as long as that is yet to come',
  ],
  [
    'util.c',
    'length < (size_t)most',
    'length <= (size_t)most',
    "a user's text is copied with its end, which has to be within the limit",
  ],
];

const found = debianTree('6.12.95');
const missing = 'missing' in found ? ` (skipped: ${found.missing})` : '';

describe.skipIf(missing !== '')(
  `the stub kernel keeps its contracts over a kernel's headers${missing}`,
  () => {
    const contracts = contractsOver('tree');
    let source: Program;
    let build: Build;
    let program: ContractProgram;
    beforeAll(async () => {
      const tree = await openKernelTree('dir' in found ? found.dir : '');
      source = await contractTreeProgram(tree);
      build = await contractBuild(undefined, Promise.resolve(source));
      program = new ContractProgram(build.bytes);
    }, 300_000);
    afterAll(closeToolchains);

    testContracts(contracts, () => program);

    test('each function that only a kernel’s sources ask for is called in some contract', async () => {
      const isTreeUnit = (path: string) => path.startsWith(`${ownRoot}/kernel/tree/`);
      const { defined } = await functionsOf(source, source.units.filter(isTreeUnit));
      const { called } = await functionsOf(
        source,
        source.own.filter((path) => path.endsWith('contracts.c')),
      );
      expect(defined.size).toBeGreaterThan(140);
      expect([...defined].filter((name) => !called.has(name)).sort()).toEqual(Object.keys(indirect).sort());
    });

    describe('a stub kernel that breaks one is caught', () => {
      let broken: ContractProgram;
      beforeAll(async () => {
        // All at once: each is shown by a contract that no other touches.
        const mutate = (tree: FileTree) =>
          mutants.reduce(
            (changed, [file, from, to]) => replaced(changed, `${ownRoot}/kernel/tree/${file}`, from, to),
            tree,
          );
        broken = new ContractProgram((await contractBuild(mutate, Promise.resolve(source))).bytes);
      }, 300_000);

      test.each(mutants.map(([file, , , shown]) => [file, shown] as const))('%s: %s', (_, shown) => {
        const index = contracts.findIndex(([name]) => name === shown);
        const { violations = [], ends = 0 } = contracts[index]![1];
        const came = [broken.run(index), broken.violations];
        expect(came).not.toEqual([ends, violations]);
      });
    });

    describe('in whatever order tasks come', () => {
      let simulator: RaceSimulator;
      beforeAll(async () => {
        simulator = await RaceSimulator.open(build);
      });
      afterAll(() => simulator.close());

      test.each(Object.entries(races).map(([name, race], i) => [name, race, i] as const))(
        '%s',
        async (_, race, i) => {
          const { ends, bounded } = await simulator.explore(i);
          expect(ends).toEqual([...race.ends].sort());
          expect(bounded).toBeNull();
        },
      );
    });
  },
);
