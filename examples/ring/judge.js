// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { simulate, verify } from 'lostbit';

const subject = 'examples/ring';
const { verdict, outcomes } = await simulate('fill-vs-interrupt', { subject, stage: 'p1' });
console.log(
  verdict,
  outcomes.map(({ values }) => values),
);

for (const { scenario, stage, verdict } of await verify({ subject, scenarios: ['fill-interrupted'] }))
  console.log(scenario.name, stage, verdict);
