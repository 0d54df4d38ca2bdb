// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKernelTree } from '../../src/source/kernel-tree.js';
import type { Build } from '../../src/toolchain/build.js';
import { ContractProgram, testContracts } from '../kernel/contract-program.js';
import { races } from '../kernel/contracts/races.js';
import { contractBuild, contractsOver, contractTreeProgram } from '../kernel/program.js';
import { RaceSimulator } from '../kernel/race-simulator.js';
import { closeToolchains } from '../support/race.js';
import { debianTree } from './trees.js';

const found = await debianTree('6.12.95');
const missing = 'missing' in found ? ` (skipped: ${found.missing})` : '';

describe.skipIf(missing !== '')(
  `the stub kernel keeps its contracts over a kernel's headers${missing}`,
  () => {
    let build: Build;
    let program: ContractProgram;
    beforeAll(async () => {
      const tree = await openKernelTree('dir' in found ? found.dir : '');
      build = await contractBuild(undefined, contractTreeProgram(tree));
      program = new ContractProgram(build.bytes);
    }, 300_000);
    afterAll(closeToolchains);

    testContracts(contractsOver('tree'), () => program);

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
