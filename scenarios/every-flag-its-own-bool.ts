// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { scenario } from 'lostbit';
import race from './intx-mask-vs-bar-write.js';

// The control: the same race on a struct that cannot lose an update. What fails here is the lab.
export default scenario({
  ...race,
  title: 'Control: one vCPU masks INTx while another writes a BAR, every flag its own bool',
  stage: 'control',
  expect: 'holds',
});
