// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// Checked by the compiler alone: each expected error below must be one, or `npm run check` fails.

import { call, layout, observe, op, returned, scenario, sequence, work } from 'lostbit';

const good = {
  title: 'inference',
  actors: { one: [op('kick', 1)], two: [call('port_irq', 3, '&port'), work()] },
  outcomes: [{ when: { x: 1 }, grade: 'acceptable', note: '' }],
} as const;

scenario({
  ...good,
  source: './port.c',
  setup: [call('port_probe')],
  faults: { kmalloc: 1 },
  actors: {
    task: [call('port_start')],
    irq: { context: 'irq', cpu: 0, steps: [call('port_irq', 3)] },
    other: { cpu: 0, steps: [call('port_stop')] },
  },
  observe: { x: 'port.busy', y: returned('task') },
  exclusive: ['port.busy'],
  outcomes: [{ when: { x: 1, y: null }, grade: 'interesting', note: '' }],
  expect: { fine: 'holds', wide: { failsThrough: 'p2' } },
});

sequence({
  title: 'in order',
  source: ['a.c', 'b.c'],
  steps: [op('kick', 1), observe('x', 'port.busy'), observe('y', work())],
  outcomes: [{ when: { x: 1, y: 0 }, grade: 'forbidden', note: '' }],
  expect: { failsBetween: ['base', 2] },
});

layout({ title: 'bytes of their own', apart: { port: ['busy'] } });

scenario({
  ...good,
  // @ts-expect-error a misspelt actor
  observe: { x: returned('tow') },
});

scenario({
  ...good,
  observe: { x: 'port.busy' },
  // @ts-expect-error a wrong grade
  outcomes: [{ when: {}, grade: 'forbiden', note: '' }],
});

scenario({
  ...good,
  observe: { x: 'port.busy' },
  // @ts-expect-error an observation that there is not
  outcomes: [{ when: { z: 1 }, grade: 'forbidden', note: '' }],
});

scenario({
  ...good,
  // @ts-expect-error a context that there is not
  actors: { one: [], two: { context: 'nmi', steps: [] } },
  observe: { x: 'port.busy' },
});

scenario({
  ...good,
  // @ts-expect-error the devices of another language
  devices: { A: {} },
  observe: { x: 'port.busy' },
});
