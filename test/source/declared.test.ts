// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { declaredOps } from '../../src/source/declared.js';

const opsIn = (text: string) =>
  declaredOps({ tree: new Map([['port.c', text]]), units: ['port.c'], own: [], modules: {} });

test('ops are found with their parameters as they are written', () => {
  const text = `
LAB_OP(open, u32 device,
	     struct port *port)
{
	return write(device);
}
LAB_OP(close) { return 0; }
/* LAB_OP(not_one, u32 a) */
LAB_OP(cut, u32 a;
`;
  expect(opsIn(text)).toEqual([
    { name: 'close', parameters: [] },
    { name: 'open', parameters: ['u32 device', 'struct port *port'] },
  ]);
});

test('what is no op is not looked at for long', () => {
  expect(opsIn('LAB_OP(a,\n'.repeat(200_000))).toEqual([]);
});
