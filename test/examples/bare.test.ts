// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { directoryOf } from '../source/fixture.js';
import { within } from '../support/lostbit.js';
import { quickest } from '../support/race.js';

const c = `#include <linux/types.h>

static bool busy;

void set_busy(void)
{
	busy = true;
}
`;
const sequence = `import { call, observe, sequence } from 'lostbit';

export default sequence({
  title: 'C that asks the kernel for nothing',
  source: './bare.c',
  steps: [
    call('set_busy'),
    observe('busy', 'busy'),
  ],
  outcomes: [
    { when: { busy: 1 }, grade: 'acceptable', note: 'none' },
  ],
  expect: 'holds',
});
`;

// npm's linker checks itself, as the system's does not.
test.each([...new Set(['llvm', await quickest])])(
  'C that asks the kernel for nothing runs, by %s',
  async (toolchain) => {
    const dir = await directoryOf({ 'bare.c': c, 'bare.ts': sequence });
    const { status, stdout, stderr } = await within(dir, ['run', 'bare.ts', '--toolchain', toolchain]);
    expect(stderr).not.toContain('error');
    expect(stdout).toContain('✓ base holds, as expected');
    expect(status).toBe(0);
  },
);

test.each(['work()', 'timer()', 'tasklet()', 'irq(3)'])(
  '%s is refused where nothing has what it runs',
  async (step) => {
    const text = sequence
      .replace('call, observe', `call, observe, ${step.split('(')[0]}`)
      .replace("call('set_busy'),", `call('set_busy'), ${step},`);
    const dir = await directoryOf({ 'bare.c': c, 'bare.ts': text });
    const { status, stderr } = await within(dir, ['run', 'bare.ts', '--toolchain', await quickest]);
    expect(stderr).toContain(`error E_UNKNOWN_OP: unknown op '${step.split('(')[0]}'`);
    expect(status).toBe(2);
  },
);
