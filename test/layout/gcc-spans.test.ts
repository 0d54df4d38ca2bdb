// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { delimiter } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { accessSpans, gccSpans } from '../../src/layout/access-spans.js';
import { definitionsIn, recordLayout, recordLayouts } from '../../src/layout/record-layouts.js';
import { type CompilerTarget, targetOf } from '../../src/layout/targets.js';
import type { StructType } from '../../src/layout/types.js';
import { closeToolchains, programAt, toolchain } from '../support/race.js';
import { onPath, reportSeed } from './compile.js';
import { PRELUDE, randomStructs } from './random-struct.js';
import { allTogether, expectLawful, shown, shownAll } from './spans.js';

afterAll(closeToolchains);
afterEach(() => vi.unstubAllEnvs());

const x86 = targetOf('x86_64');
const here = process.arch === 'x64' && process.platform === 'linux' && onPath('gcc');

const spansOf = async (members: string, target: CompilerTarget = x86) => {
  const tree = new Map([['s.h', `${PRELUDE}\nstruct s { ${members} };\n`]]);
  const struct = (await recordLayouts(await toolchain(), tree, 's.h', target)).struct('s');
  return (await gccSpans(tree, 's.h', struct, target))!;
};

describe.skipIf(!here)('gcc on x86_64', () => {
  it('touches one byte for each of the driver’s flags', async () => {
    const { tree } = await programAt('base');
    const name = 'vfio_pci_core_device';
    const struct = await recordLayout(await toolchain(), tree, name, x86);
    const spans = (await gccSpans(tree, definitionsIn(tree).get(name)!, struct, x86))!;
    const flags = [
      'virq_disabled',
      'bardirty',
      'needs_reset',
      'nointx',
      'pm_runtime_engaged',
      'sriov_active',
    ];
    const touched = flags.map((path) => shown(spans.get(path)!.span));
    expect(touched).toEqual(['1252+1', '1252+1', '1252+1', '1253+1', '1253+1', '1254+1']);
    const path = definitionsIn(tree).get(name)!;
    const fine = await accessSpans(await toolchain(), tree, path, struct, x86, 'fine');
    expect(shownAll(spans)).toEqual(shownAll(fine));
  });

  it('is read where the file has code and data of its own', async () => {
    const text = 'struct s { int a; };\nint f(struct s *p) { static int key; return key += p->a; }\n';
    const struct = (await recordLayouts(await toolchain(), new Map([['s.c', text]]), 's.c', x86)).struct('s');
    expect(shownAll((await gccSpans(new Map([['s.c', text]]), 's.c', struct, x86))!)).toEqual({
      a: '0+4 0+4 0+4',
    });
  });

  it('is read for scalars of all types', async () => {
    const members = `bool a; const int b; volatile short c; _Atomic int d; float e; double f; void *g; void (*h)(void);
      enum plain i; struct { u16 x; struct { u8 y; }; } point; u64 j : 60; volatile int k : 3;
      const int *const l;`;
    expect(shownAll(await spansOf(members))).toEqual({
      a: '0+1 0+1 0+1',
      b: '4+4 - -',
      c: '8+2 8+2 8+2',
      d: expect.stringMatching(/^12\+4 12\+4 12\+4$/),
      e: '16+4 16+4 16+4',
      f: '24+8 24+8 24+8',
      g: '32+8 32+8 32+8',
      h: '40+8 40+8 40+8',
      i: '48+4 48+4 48+4',
      'point.x': '52+2 52+2 52+2',
      'point.y': '54+1 54+1 54+1',
      j: '56+8 56+8 56+8',
      // A volatile one is accessed with as much of its location as one instruction takes.
      k: '56+8 56+8 56+8',
      l: '64+8 - -',
    });
    const large = shownAll(await spansOf('__int128 a; long double b; _Complex float c; _Complex double d;'));
    expect(large).toEqual({
      a: '0+16 0+16 0+16',
      b: '16+10 16+10 16+10',
      c: '32+8 32+8 32+8',
      d: '40+16 40+16 40+16',
    });
  });

  it('says why where code cannot be followed', async () => {
    const spans = await spansOf('int a; _Atomic __int128 b;');
    expect(spans.get('a')!.unknown).toBeNull();
    expect(spans.get('b')).toMatchObject({
      write: null,
      unknown: expect.stringMatching(/^the assembly has '.*'$/),
    });
  });

  it.each(['x86_64', 'i386'] as const)('touches no other location on %s', async (name) => {
    const target = targetOf(name);
    await fc.assert(
      fc.asyncProperty(randomStructs(25, true), async (structs) => {
        const { struct, tree } = await allTogether(structs, target);
        expectLawful(struct, (await gccSpans(tree, 'all.h', struct, target))!, true);
      }),
      { numRuns: 1, endOnFailure: true, reporter: reportSeed },
    );
  });

  it('is refused with gcc’s words where the struct is another', async () => {
    const tree = new Map([['s.h', 'struct s { int a; };\n']]);
    const struct: StructType = { kind: 'struct', name: 's', size: 8, complete: true, members: [] };
    await expect(gccSpans(tree, 's.h', struct, x86)).rejects.toMatchObject({
      code: 'E_COMPILE',
      message: expect.stringContaining('another struct s'),
    });
  });

  it('ends when it is aborted', async () => {
    const tree = new Map([['s.h', 'struct s { int a; };\n']]);
    const struct: StructType = { kind: 'struct', name: 's', size: 4, complete: true, members: [] };
    const reason = new Error('enough');
    await expect(gccSpans(tree, 's.h', struct, x86, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('where there is no gcc', () => {
  const tree = new Map([['s.h', 'struct s { int a; };\n']]);
  const struct: StructType = { kind: 'struct', name: 's', size: 4, complete: true, members: [] };

  it('there is no answer', async () => {
    vi.stubEnv('PATH', ['/nowhere', '/nothing'].join(delimiter));
    expect(await gccSpans(tree, 's.h', struct, x86)).toBeNull();
  });

  it('there is none for machines whose assembly is not read', async () => {
    expect(await gccSpans(tree, 's.h', struct, targetOf('s390x'))).toBeNull();
    expect(await gccSpans(tree, 's.h', struct, targetOf('wasm32'))).toBeNull();
  });
});
