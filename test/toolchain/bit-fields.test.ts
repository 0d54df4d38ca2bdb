// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { sitesOf } from '../../src/engine/instrument/sites.js';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { fieldsOf } from '../../src/layout/fields.js';
import { differsFromGcc, irFlags, REWRITER } from '../../src/toolchain/bit-fields/front-end.js';
import { type BitFieldPlace, gccAccess, gccMachines } from '../../src/toolchain/bit-fields/gcc-rule.js';
import { rewriteBitFields } from '../../src/toolchain/bit-fields/rewrite.js';
import { listToolchains } from '../../src/toolchain/find.js';
import { BIT_FIELD_PRELUDE, randomBitFields } from '../layout/random-bit-fields.js';
import { closeToolchains, programAt, toolchain } from '../support/race.js';

afterAll(closeToolchains);

const WASM = ['--target=wasm32-unknown-unknown', '-g', '-O2', '-w'];

async function rewritten(text: string) {
  const { bytes, printed } = await (await toolchain()).lower('t.c', new Map([['t.c', text]]), [
    ...WASM,
    ...irFlags,
  ]);
  const module = Buffer.from(bytes).toString('utf8');
  return { ...rewriteBitFields(module, printed), from: module };
}

/** As a unit is compiled: the compiler takes what has become of its code. */
const build = async (text: string) =>
  (await toolchain()).compile('t.c', new Map([['t.c', text]]), { bitfieldAccess: 'fine', optimize: '0' });

describe('the rewriter', () => {
  it('leaves no access alone, of bit-fields of all kinds', async () => {
    const [shapes] = fc.sample(randomBitFields(8), { numRuns: 1, seed: 7 });
    const functions = shapes!.flatMap(({ tag, fields }, i) =>
      fields.map(
        (field, j) => `u64 f_${i}_${j}(${tag} *p, ${tag} *q, int n, u64 v) {
          ${tag} own = *p; p->${field} = v; q[n].${field}++; own.${field} |= 1; p[2].${field} = 0;
          all_${i}[1].${field} = all_${i}[n].${field} = v; return own.${field} + p->${field} + (q->${field} = 1); }`,
      ),
    );
    const globals = shapes!.map(({ tag }, i) => `${tag} all_${i}[3];`);
    const definitions = shapes!.map(({ definition }) => definition);
    const text = [BIT_FIELD_PRELUDE, ...definitions, ...globals, ...functions].join('\n');
    const { unknown, changed, kept } = await rewritten(text);
    expect(unknown).toEqual([]);
    await expect(build(text)).resolves.toBeDefined();
    expect(changed).toBeGreaterThan(150);
    expect(kept).toBeGreaterThan(15);
  });

  it('changes nothing where there is no bit-field', async () => {
    const { module, from, changed } = await rewritten(
      'struct s { int a; }; int f(struct s *p) { return p->a++; }\n',
    );
    expect(changed).toBe(0);
    expect(module).toBe(from);
  });

  it('leaves alone what it does not recognise', () => {
    const module = '  %bf.load = load i32, ptr %p, align 4\n  %bf.clear = and i32 %bf.load, 7\n';
    expect(rewriteBitFields(module, '')).toMatchObject({ module, changed: 0, unknown: [expect.any(String)] });
  });

  it('has another number with every change, so that no older object is taken', async () => {
    const folder = fileURLToPath(new URL('../../src/toolchain/bit-fields/', import.meta.url));
    const hash = createHash('sha256');
    for (const file of (await readdir(folder)).sort()) hash.update(await readFile(join(folder, file)));
    expect(
      { [REWRITER]: hash.digest('hex').slice(0, 16) },
      'raise REWRITER, then run with -u',
    ).toMatchInlineSnapshot(`
      {
        "1": "2246ae0c7a0f9a98",
      }
    `);
  });
});

const found = (await listToolchains()).filter(({ version }) => version !== null).map(({ name }) => name);

describe.each(found)('code that was rewritten, by %s', (name) => {
  const unit = 'driver/flags.c';
  const tree = new Map([
    ['include/flags.h', 'struct flags { unsigned a : 6, n : 5, pad : 9, z : 1; struct flags *next; };\n'],
    [
      unit,
      [
        '#include <flags.h>',
        'static int unused;',
        'static inline void set(struct flags *p, unsigned n)',
        '{',
        '  p->n = n;',
        '}',
        '__attribute__((export_name("f")))',
        'void f(struct flags *p, unsigned n)',
        '{',
        '  set(p->next, n);',
        '  p->z = 1;',
        '}',
        '',
      ].join('\n'),
    ],
  ]);
  const made = async (bitfieldAccess: 'fine' | 'wide') => {
    const one = await toolchain(name);
    const { bytes, diagnostics } = await one.compile(unit, tree, { bitfieldAccess, optimize: '2' });
    return { diagnostics, module: (await one.link(new Map([['flags.o', bytes]]))).bytes };
  };

  it('has the debug information and the warnings of its source', async () => {
    const [fine, wide] = [await made('fine'), await made('wide')];
    expect(fine.diagnostics).toContain(`${unit}:2:12: warning: unused variable 'unused'`);
    expect(fine.diagnostics).toBe(wide.diagnostics);
    const layout = (module: Uint8Array) => fieldsOf(DebugInfo.fromWasm(module).struct('flags'));
    const places = (module: Uint8Array) => layout(module).map(({ path, start, end }) => [path, start, end]);
    expect(places(fine.module)).toEqual(places(wide.module));
    const stores = sitesOf(fine.module).filter(({ kind }) => kind === 'store');
    const lines = stores.map(({ stack }) => stack.map((at) => `${at.function} ${at.file}:${at.line}`));
    expect(lines).toEqual([[`set ${unit}:5`, `f ${unit}:10`], [`f ${unit}:11`]]);
    expect(stores.map(({ bytes }) => bytes)).toEqual([2, 1]);
    // What each means is its field alone.
    expect(stores.map(({ mask }) => mask)).toEqual([0x7c0n, 0x10n]);
  });

  it('is refused in the compiler’s words where the source is', async () => {
    const broken = new Map(tree).set(unit, `${tree.get(unit)}int g(void) { return missing; }\n`);
    const compiling = (await toolchain(name)).compile(unit, broken, {
      bitfieldAccess: 'fine',
      optimize: '2',
    });
    await expect(compiling).rejects.toMatchObject({
      code: 'E_COMPILE',
      message: expect.stringContaining(`${unit}:13:22: error: use of undeclared identifier 'missing'`),
    });
  });
});

describe('units that clang compiles as gcc does', () => {
  it('are all of the driver’s, which go the short way', async () => {
    const { tree } = await programAt('base');
    const flags = [...WASM, '-ffine-grained-bitfield-accesses', '-Xclang', '-fdump-record-layouts'];
    const { printed } = await (await toolchain()).lower('vfio/pci/vfio_pci_core.c', tree, flags);
    expect(printed).toContain('CGBitFieldInfo');
    expect(differsFromGcc(printed)).toBe(false);
  });

  it.each([
    ['u8 a : 3, b : 5; u32 c : 32;', false],
    ['unsigned a : 6, n : 5;', true],
    ['volatile u8 a : 3;', true],
  ])('of %s: %s', async (members, differs) => {
    const text = `${BIT_FIELD_PRELUDE} struct s { ${members} }; int f(struct s *p) { return p->a; }\n`;
    const flags = [...WASM, '-ffine-grained-bitfield-accesses', '-Xclang', '-fdump-record-layouts'];
    const { printed } = await (await toolchain()).lower('t.c', new Map([['t.c', text]]), flags);
    expect(differsFromGcc(printed)).toBe(differs);
  });
});

describe('gcc’s rule', () => {
  const place = (start: number, size: number, more: Partial<BitFieldPlace> = {}): BitFieldPlace => ({
    start,
    end: start + size,
    region: { start: 0, end: 64 },
    align: 8,
    packed: false,
    volatile: false,
    ...more,
  });
  const shown = (all: readonly { offset: number; size: number }[]) =>
    all.map(({ offset, size }) => `${offset}+${size}`).join(' ');

  it.each([
    ['in a byte', place(20, 1), '2+1', '2+1'],
    ['across a byte', place(6, 5), '0+2', '0+2'],
    ['across a half', place(11, 9), '0+4', '0+4'],
    ['across a word', place(30, 20), '0+8', '0+8'],
    ['in a run that ends sooner', place(6, 11, { region: { start: 0, end: 24 } }), '0+4', '0+2 2+1'],
    ['in a run that begins later', place(14, 11, { region: { start: 8, end: 32 } }), '0+4', '1+1 2+1 3+1'],
    ['of an object that is not aligned', place(6, 11, { align: 1 }), '0+1 1+1 2+1', '0+1 1+1 2+1'],
    ['of whole bytes', place(8, 32), '1+4', '1+4'],
    ['that is volatile', place(20, 1, { volatile: true }), '0+8', '0+8'],
  ])('of a field %s', (_, where, read, write) => {
    const access = gccAccess(where, gccMachines.x86_64);
    expect([shown(access.read), shown(access.write)]).toEqual([read, write]);
  });

  it('takes large units on aarch64', () => {
    const access = gccAccess(place(20, 1), gccMachines.aarch64);
    expect([shown(access.read), shown(access.write)]).toEqual(['0+8', '0+4']);
  });
});
