// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe } from 'vitest';
import { closeToolchains } from '../support/race.js';
import { ContractProgram, testContracts } from './contract-program.js';
import { contractBuild, contractsOver } from './program.js';

let program: ContractProgram;
beforeAll(async () => {
  program = new ContractProgram((await contractBuild()).bytes);
});
afterAll(closeToolchains);

describe('the stub kernel keeps its contracts', () => {
  testContracts(contractsOver('own'), () => program);
});
