// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { RaceScenario } from 'lostbit/vfio';
import race from './intx-mask-vs-bar-write.js';

// The control: the same race on a struct that cannot lose an update. What fails here is the lab.
export default {
  ...race,
  title: 'Control: one vCPU masks INTx while another writes a BAR, every flag its own bool',
  stage: 'control',
  expect: 'holds',
} satisfies RaceScenario;
