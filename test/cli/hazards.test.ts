// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { HazardDocument } from '../../src/report/hazard-schema.js';
import { directoryOf } from '../source/fixture.js';
import { tinyTree } from '../source/tiny-tree.js';
import { root, start } from '../support/lostbit.js';
import { quickly } from '../support/quickly.js';
import { quickest } from '../support/race.js';

const hazards = (dir: string, ...args: readonly string[]) => quickly(['hazards', ...args, '-q'], dir);

const validate = new Ajv2020().compile(
  JSON.parse(await readFile(join(root, 'schema/hazards.schema.json'), 'utf8')) as object,
);
function parsed(text: string): HazardDocument {
  const document = JSON.parse(text) as HazardDocument;
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document;
}

const port = `#include <linux/mutex.h>
#include <linux/types.h>

struct port { struct mutex lock; u32 open:1; u32 error:1; u32 own:1; };

void port_open(struct port *p)
{
	mutex_lock(&p->lock);
	p->open = 1;
	mutex_unlock(&p->lock);
}

void port_error(struct port *p)
{
	p->error = 1;
}
`;

test('helps', async () => {
  const { status, stdout } = await quickly(['hazards', '--help']);
  expect(status).toBe(0);
  for (const said of ['--linux <dir>', '--series <path>', '--against', '--json', 'Examples:'])
    expect(stdout).toContain(said);
});

test('one’s own C, for people', async () => {
  const dir = await directoryOf({ 'port.c': port });
  const { status, stdout, stderr } = await hazards(dir, 'port.c');
  expect(stdout).toBe(`port.c: 1 file
2 bit-fields of 1 struct are written; 1 pair of them share bytes
1 pair with writers that nothing is known to keep apart, 0 pairs without

  1  port: open × error  rank 40
     byte 32 of struct port (port.c:4)
     open = 1  port.c:9 in port_open()
       entered as called from elsewhere, holding port.lock
     error = 1  port.c:15 in port_error()
       entered as called from elsewhere, no locks held
     known: no lock in common
     assumed: both can be about the same object; somebody else uses the object while port_open() opens or closes it; callers of port_error() that were not read hold no lock that counts
`);
  expect([stderr, status]).toEqual(['', 0]);
});

test('and for machines, on standard output or in a file', async () => {
  const dir = await directoryOf({ 'port.c': port });
  const { status, stdout, stderr } = await hazards(dir, 'port.c', '--json', '-');
  expect([stderr, status]).toEqual(['', 0]);
  const document = parsed(stdout);
  expect(document).toMatchObject({
    schema: 'lostbit.hazards/1',
    units: 1,
    pairs: [
      {
        struct: 'port',
        fields: ['open', 'error'],
        gcc: { offset: 32, size: 1 },
        sides: [
          {
            function: 'port_open',
            value: 1,
            locks: [{ name: 'port.lock', shared: false, own: true, assumed: false }],
          },
          { function: 'port_error', locks: [], path: ['port_error'], place: { file: 'port.c', line: 15 } },
        ],
      },
    ],
    stores: [{ function: 'port_open' }, { function: 'port_error' }],
  });
  const both = await hazards(dir, 'port.c', '--json', 'out.json');
  expect(both.stdout).toContain('open × error');
  expect(parsed(await readFile(join(dir, 'out.json'), 'utf8'))).toEqual(document);
});

/** A unit of the tiny tree, and what a patch of ours makes of it. */
const ring = `typedef struct { unsigned int word; } raw_spinlock_t;
void _raw_spin_lock(raw_spinlock_t *lock);
void _raw_spin_unlock(raw_spinlock_t *lock);

struct ring { raw_spinlock_t lock; unsigned int full:1; unsigned int stuck:1; };

void ring_fill(struct ring *r)
{
	_raw_spin_lock(&r->lock);
	r->full = 1;
	_raw_spin_unlock(&r->lock);
}

void ring_stick(struct ring *r)
{
	_raw_spin_lock(&r->lock);
	r->stuck = 1;
	_raw_spin_unlock(&r->lock);
}
`;
const patch = (subject: string, minus: string, plus: string, line: number) => {
  const lines = ring.split('\n');
  const context = lines.slice(line - 4, line + 3);
  const body = context.flatMap((text) =>
    text === minus ? [`-${minus}`, ...(plus === '' ? [] : [`+${plus}`])] : [` ${text}`],
  );
  const count = plus === '' ? 6 : 7;
  return `From 0000000000000000000000000000000000000001 Mon Sep 17 00:00:00 2001
From: A <a@example.org>
Date: Mon, 1 Jan 2024 00:00:00 +0000
Subject: [PATCH] ${subject}

---
 drivers/ring/more.c | 2 +-

diff --git a/drivers/ring/more.c b/drivers/ring/more.c
--- a/drivers/ring/more.c
+++ b/drivers/ring/more.c
@@ -${line - 3},7 +${line - 3},${count} @@
${body.join('\n')}
-- 
2.40
`;
};
const unlocks = patch('ring: stick without the lock', '\t_raw_spin_lock(&r->lock);', '\t(void)r;', 16);
const renames = patch('ring: say so', '\tr->stuck = 1;', '\tr->stuck = !0;', 17);

describe('against', () => {
  const tree = () => tinyTree({ 'drivers/ring/more.c': ring });
  const against = async (text: string, ...more: string[]) => {
    const linux = await tree();
    const dir = await directoryOf({ 'fix.mbox': text });
    return hazards(dir, 'drivers/ring/more.c', '--linux', linux, '--series', 'fix.mbox', ...more);
  };

  test('a pair that is new ends with status 1', async () => {
    const { status, stdout, stderr } = await against(unlocks, '--against', 'base');
    expect(stderr).toBe('');
    expect(stdout).toContain('1 pair in ');
    expect(stdout).toMatch(/^\+ +1 {2}ring: full × stuck/m);
    expect(status).toBe(1);
  });

  test('none that is new, with status 0', async () => {
    const { status, stdout } = await against(renames, '--against', 'base');
    expect(stdout).toMatch(/^the same pairs in /);
    expect(status).toBe(0);
  });

  test('a stage before, and JSON', async () => {
    const { status, stdout } = await against(unlocks, '--stage', 'base', '--against', 'p1', '--json', '-');
    const document = parsed(stdout);
    expect(document.against!.gone.map(({ fields }) => fields)).toEqual([['full', 'stuck']]);
    expect(document.against!.added).toEqual([]);
    expect(status).toBe(0);
  });

  test('what is kept is looked at again where the sources are others, at each stage', async () => {
    const linux = await tree();
    const dir = await directoryOf({ 'fix.mbox': renames });
    const args = ['drivers/ring/more.c', '--linux', linux, '--series', 'fix.mbox', '--json', '-'];
    const pairs = async () => parsed((await hazards(dir, ...args)).stdout).pairs.length;
    expect([await pairs(), await pairs()]).toEqual([0, 0]);
    // The first function loses its lock; the patch is of the second one.
    await writeFile(join(linux, 'drivers/ring/more.c'), ring.replace('\t_raw_spin_lock(&r->lock);\n', '\n'));
    expect(await pairs()).toBe(1);
  });

  test('other sources', async () => {
    const [linux, other] = [
      await tree(),
      await tinyTree({ 'drivers/ring/more.c': ring.replaceAll('\t_raw_spin_lock(&r->lock);\n', '') }),
    ];
    const { status, stdout } = await hazards(
      linux,
      'drivers/ring/more.c',
      '--linux',
      linux,
      '--against',
      other,
    );
    expect(stdout).toMatch(/^- +1 {2}ring: full × stuck/m);
    expect(status).toBe(0);
  });

  test('what one of the two says nothing of', async () => {
    const good = await tinyTree({ 'drivers/ring/more.c': ring, 'drivers/ring/other.c': 'int good;\n' });
    const bad = await tinyTree({ 'drivers/ring/more.c': ring, 'drivers/ring/other.c': 'int bad = ;\n' });
    const args = ['drivers/ring/more.c', 'drivers/ring/other.c', '--linux', good, '--against', bad];
    const { stdout } = await hazards(good, ...args);
    expect(stdout).toMatch(/^In .*:\nNothing is known of 1 file:\n.*other\.c/m);
    const { against } = parsed((await hazards(good, ...args, '--json', '-')).stdout);
    expect(against!.refused.map(({ path }) => path)).toEqual(['drivers/ring/other.c']);
    const nothing = await hazards(good, 'drivers/ring/other.c', '--linux', good, '--against', bad);
    expect(nothing.status).toBe(2);
  });
});

describe('what cannot be looked at', () => {
  const cases: readonly [string, files: Record<string, string>, args: string[], message: RegExp][] = [
    ['no such path', {}, ['none.c'], /none\.c/],
    ['a header', { 'a.h': '' }, ['a.h'], /a\.h/],
    ['a folder without C', { 'sub/a.h': '' }, ['sub'], /sub/],
    ['what does not compile', { 'bad.c': 'int x = ;\n' }, ['bad.c'], /bad\.c/],
    ['a stage without a tree', { 'a.c': '' }, ['a.c', '--against', 'tree'], /E_USAGE.*--against/],
    [
      'a series without a tree',
      { 'a.c': '', 'm.mbox': '' },
      ['a.c', '--series', 'm.mbox'],
      /E_USAGE.*--series/,
    ],
  ];
  test.each(cases)('%s: status 2, and no file', async (_, files, args, message) => {
    const dir = await directoryOf(files);
    const before = await readdir(dir);
    const { status, stdout, stderr } = await hazards(dir, ...args);
    expect(stdout + stderr).toMatch(message);
    expect(status).toBe(2);
    expect(await readdir(dir)).toEqual(before);
  });

  const inTree: readonly [string, string[], RegExp][] = [
    ['no such path', ['drivers/none.c'], /none\.c/],
    ['a path out of the tree', ['../x.c'], /\.\./],
    ['a header', ['include/linux/ring.h'], /ring\.h/],
    ['a folder without C', ['scripts'], /scripts/],
    ['what does not compile', ['drivers/ring/bad.c'], /bad\.c does not compile/],
    ['an unknown stage', ['lib/helper.c', '--stage', 'p9'], /p9/],
  ];
  test.each(inTree)('in a tree, %s: status 2', async (_, args, message) => {
    const linux = await tinyTree({ 'drivers/ring/bad.c': 'int x = ;\n' });
    const { status, stdout, stderr } = await hazards(linux, ...args, '--linux', linux);
    expect(stdout + stderr).toMatch(message);
    expect(status).toBe(2);
  });

  test('what is wrong with one file costs that file alone', async () => {
    const dir = await directoryOf({ 'port.c': port, 'bad.c': 'int x = ;\n' });
    const { status, stdout } = await hazards(dir, 'port.c', 'bad.c', '--json', '-');
    const { units, refused, pairs } = parsed(stdout);
    expect([units, pairs.length, refused.map(({ path, code }) => [path, code])]).toEqual([
      1,
      1,
      [['bad.c', 'E_COMPILE']],
    ]);
    expect(status).toBe(0);
  });

  test('names with control characters are printed without them', async () => {
    const name = 'a\u001b[31mb.c';
    const dir = await directoryOf({ [name]: port });
    const { stdout, stderr } = await hazards(dir, name);
    expect(stdout + stderr).not.toContain('\u001b');
    expect((stdout + stderr).length).toBeGreaterThan(0);
  });

  test('a file that cannot be written, before anything is compiled', async () => {
    const dir = await directoryOf({ 'port.c': port });
    const { status, stdout, stderr } = await hazards(dir, 'port.c', '--json', 'none/out.json');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('none/out.json');
  });
});

test('an interruption leaves nothing', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [`f${i}.c`, port.replaceAll('port_', `p${i}_`)]),
  );
  const dir = await directoryOf(many);
  const cache = await directoryOf({});
  const args = ['hazards', '.', '--json', 'out.json', '--toolchain', await quickest];
  const { child, ended, seen } = start(args, { LOSTBIT_CACHE: cache }, dir);
  while (!seen().includes('reading stores')) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  const { status, stderr } = await ended;
  expect(status).toBe(130);
  expect(stderr).toContain('interrupted');
  expect((await readdir(dir)).sort()).toEqual(Object.keys(many).sort());
});
