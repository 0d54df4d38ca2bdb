// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { replay, run, simulate } from '../../src/api.js';
import { quickest } from '../support/race.js';

/** A subject in a directory, with folders that are called as lostbit's own are. */
const files = {
  'kernel/port.h': `#include <linux/types.h>

struct port {
	bool busy:1;
	bool stopped:1;
	bool armed;
	u16 mask;
	s16 level;
};
`,
  'kernel/port.c': `#include "port.h"

struct port port;

void kick(void) { port.busy = true; }
void stop(void) { port.stopped = true; }
`,
  'subject.ts': `import { call, observe, scenario, sequence, subject } from 'lostbit';

const given = (values) => sequence({
  title: 'A port as it is given', given: values,
  sequences: { look: [observe('mask', 'port.mask'), observe('level', 'port.level')] },
  outcomes: [{ when: {}, grade: 'acceptable', note: 'looked at below' }],
});

export default subject({
  title: 'a port',
  source: '.',
  modules: MODULES,
  scenarios: {
    flags: scenario({
      title: 'Two flags', actors: { kicker: [call('kick')], stopper: [call('stop')] },
      observe: { busy: 'port.busy', stopped: 'port.stopped' },
      outcomes: [
        { when: { busy: 1, stopped: 1 }, grade: 'acceptable', note: 'both' },
        { when: {}, grade: 'forbidden', note: 'one is lost' },
      ],
    }),
    fits: given({ 'port.mask': 0xffff, 'port.level': -0x8000, 'port.armed': 1 }),
    signless: given({ 'port.mask': -1, 'port.level': 0xffff }),
    mask: given({ 'port.mask': 0x10000 }),
    bit: given({ 'port.busy': 2 }),
    armed: given({ 'port.armed': 3 }),
  },
});
`,
};

let folder: string;
let options: { subject: string; toolchain: 'clang' | 'llvm' };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lostbit-own-files-'));
  const write = async (name: string, text: string) => {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  };
  for (const [name, text] of Object.entries(files)) {
    await write(`port/${name}`, text.replace('MODULES', "{ port: ['kernel/port.c'] }"));
    await write(`wrong/${name}`, text.replace('MODULES', "{ port: ['kernel/prot.c'] }"));
  }
  options = { subject: join(folder, 'port'), toolchain: (await quickest) as 'clang' | 'llvm' };
});
afterAll(() => rm(folder, { recursive: true }));

describe('a subject whose folders are called as those of lostbit', () => {
  test('has its variables, and its races are its own', async () => {
    const { verdict, violations, outcomes } = await simulate('flags', options);
    expect(verdict).toBe('fails');
    expect(violations).toEqual([]);
    expect(outcomes.map(({ values }) => `${values.busy}${values.stopped}`).sort()).toEqual([
      '01',
      '10',
      '11',
    ]);
  });

  test('with a module of a file that it has not is refused', async () => {
    await expect(simulate('flags', { ...options, subject: join(folder, 'wrong') })).rejects.toMatchObject({
      code: 'E_BAD_SUBJECT',
      message: expect.stringContaining("module port: the source has no 'kernel/prot.c'"),
      advice: { hint: expect.stringContaining('kernel/port.c') },
    });
  });
});

describe('a value that a scenario gives', () => {
  test.each([
    ['fits', 0xffff, -0x8000],
    ['signless', 0xffff, -1],
  ])('%s', async (name, mask, level) => {
    const { outcomes } = await run(name, options);
    expect(outcomes.map(({ values }) => values)).toEqual([{ mask, level }]);
  });

  test.each([
    ['mask', 'given port.mask: 65536 does not fit', '-32768 to 65535'],
    ['bit', 'given port.busy: 2 does not fit', '0 to 1'],
    ['armed', 'given port.armed: 3 does not fit', '0 to 1'],
  ])('%s is refused where it does not', async (name, message, hint) => {
    await expect(run(name, options)).rejects.toMatchObject({
      code: 'E_BAD_SCENARIO',
      message: expect.stringContaining(message),
      advice: { hint: expect.stringContaining(hint) },
    });
  });
});

describe('an exploration that a program asks for', () => {
  test('with a bound on preemptions keeps it', async () => {
    const none = await simulate('flags', { ...options, preemptions: 0 });
    expect(none.verdict).not.toBe('fails');
    expect(none.exploration).toMatchObject({
      strategy: 'dfs',
      bounded: expect.stringContaining('preemptions'),
    });
    expect((await simulate('flags', { ...options, preemptions: 1 })).verdict).toBe('fails');
  });

  test('by chance ends', async () => {
    const { exploration } = await simulate('flags', { ...options, strategy: 'random' });
    expect(exploration).toMatchObject({ executions: 10_000, seed: 1 });
  });

  test.each([
    [{ strategy: 'dpor', preemptions: 1 } as const, "'dpor' knows no bound on preemptions"],
    [{ strategy: 'dpro' as 'dpor' }, "there is no strategy 'dpro'"],
  ])('as %j is refused', async (asked, message) => {
    await expect(simulate('flags', { ...options, ...asked })).rejects.toMatchObject({
      code: 'E_STRATEGY',
      message: expect.stringContaining(message),
    });
  });

  test('gives schedules that can be replayed, as often as that is asked for', async () => {
    const { reproduce } = await simulate('flags', options);
    const [schedule] = /\S+@base\.fine:\S+/.exec(reproduce!)!;
    const { verdict, replayed } = await replay(schedule, { ...options, times: 7 });
    expect(verdict).toBe('fails');
    expect(replayed).toMatchObject({ times: 7, same: 7, differences: [] });
  });
});
