// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fieldsOf } from '../../src/layout/fields.js';
import { recordLayout } from '../../src/layout/record-layouts.js';
import { targetOf } from '../../src/layout/targets.js';
import type { StructType } from '../../src/layout/types.js';
import { byteMap } from '../../src/report/byte-map.js';
import { layoutDocument, layoutJson, layoutSchemaId } from '../../src/report/layout-schema.js';
import { paholeText } from '../../src/report/pahole.js';
import { paholeWithSpans } from '../../src/report/pahole-spans.js';
import { tags } from '../layout/torture.js';
import { closeToolchains, programAt, toolchain } from '../support/race.js';

const target = targetOf('x86_64');
const spans = new Map([
  ['virq_disabled', { offset: 1252, size: 1 }],
  ['pm_intx_masked', { offset: 1252, size: 2 }],
]);
let core: StructType;

beforeAll(async () => {
  const { tree } = await programAt('base');
  core = await recordLayout(await toolchain(), tree, 'vfio_pci_core_device', target);
});
afterAll(closeToolchains);

describe('columns', () => {
  it('stand behind what pahole prints, and change nothing of it', () => {
    const text = paholeWithSpans(core, { target, spans });
    expect(text.replace(/ \/\* unit [^*]*\*\//g, '')).toBe(paholeText(core));
    expect(text.match(/ \/\* unit /g)).toHaveLength(core.members.length);
  });

  it('are the declared unit, the span where it is known, and the memory location', () => {
    const columns = (text: string, name: string) =>
      new RegExp(`\\b${name}[:;].*/\\* (unit .*?) *\\*/$`, 'm').exec(text)?.[1]?.split(/ +/);
    const text = paholeWithSpans(core, { target, spans });
    expect(columns(text, 'virq_disabled')).toEqual('unit 1252+1 span 1252+1 location 1252+2'.split(' '));
    expect(columns(text, 'pm_intx_masked')).toEqual('unit 1253+1 span 1252+2 location 1252+2'.split(' '));
    expect(columns(text, 'bardirty')).toEqual('unit 1252+1 span - location 1252+2'.split(' '));
    expect(columns(text, 'sriov_active')).toEqual('unit 1254+1 span - location 1254+1'.split(' '));
    expect(columns(text, 'igate')).toEqual('unit 1152+32 span - location -'.split(' '));
    expect(columns(paholeWithSpans(core, { target }), 'bardirty')).toEqual(
      'unit 1252+1 location 1252+2'.split(' '),
    );
  });

  it('stand below each other', () => {
    const ends = paholeWithSpans(core, { target, spans })
      .split('\n')
      .filter((line) => line.includes('/* unit'))
      .map((line) => line.length - line.indexOf('/* unit'));
    expect(new Set(ends).size).toBe(1);
  });
});

it('has JSON', () => {
  const known = new Map(
    [...spans].map(([path, span]) => [path, { read: span, write: span, span, unknown: null }]),
  );
  const layout = {
    name: 'base',
    struct: core,
    target,
    saysAlignment: true,
    incomplete: false,
    spans: known,
    gccSpans: null,
  };
  const json = layoutJson({ ...layout, given: [{ type: 'mutex', size: 32 }] }, null, 'fine');
  expect(json).toMatchObject({ struct: 'vfio_pci_core_device', target: 'x86_64', size: 1464, hazards: null });
  expect(json.members).toHaveLength(core.members.length);
  expect(json.members.find(({ path }) => path === 'bardirty')).toEqual({
    path: 'bardirty',
    offset: 1252,
    size: 1,
    bit: 5,
    bits: 1,
    unit: { offset: 1252, size: 1 },
    span: null,
    gccSpan: null,
    location: { offset: 1252, size: 2 },
  });
  expect(json.members.find(({ path }) => path === 'pm_intx_masked')).toMatchObject({
    offset: 1253,
    bit: 2,
    span: { offset: 1252, size: 2 },
  });
  expect(json.holes[0]).toEqual({ offset: 1118, size: 2, bit: null, bits: null, padding: false });
  expect(layoutDocument.parse({ schema: layoutSchemaId, ...json })).toMatchObject(json);
});

describe('a byte map', () => {
  const classes = [
    { label: 'configuration access', fields: new Set(['virq_disabled', 'bardirty']) },
    {
      label: 'power <management> & "reset"',
      fields: new Set(['pm_intx_masked', 'pm_runtime_engaged', 'igate']),
    },
  ];
  const map = () => byteMap(core, { target, title: 'struct a<b>', classes });

  it('is well-formed, and fetches nothing', () => {
    const open: string[] = [];
    for (const [, close, name, rest] of map().matchAll(/<(\/?)(\w+)([^<>]*)>/g)) {
      if (close === '/') expect(open.pop()).toBe(name);
      else if (!rest!.endsWith('/')) open.push(name!);
    }
    expect(open).toEqual([]);
    expect(map().replace('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|href|@import|@font-face|url\((?!#)/,
    );
    expect(map()).not.toMatch(/NaN|undefined|Infinity/);
    expect(map()).toContain('struct a&lt;b&gt;');
    expect(map()).toContain('power &lt;management&gt; &amp; &quot;reset&quot;');
  });

  it('has a row a cache line, and all of the struct’s bytes in it', () => {
    const rows = Math.ceil(core.size / 64);
    const offsets = [...map().matchAll(/<text x="8" y="\d+">(\d+)<\/text>/g)].map(([, offset]) =>
      Number(offset),
    );
    expect(offsets.slice(0, rows)).toEqual(Array.from({ length: rows }, (_, i) => i * 64));
    expect(map().match(/M\d+ \d+v18h24/g)).toHaveLength(core.size);
  });

  it('says of each field where it is and what class it has', () => {
    const titles = [...map().matchAll(/<g><title>(.*?)<\/title>/g)].map(([, title]) => title);
    for (const { path } of fieldsOf(core))
      expect(titles.filter((title) => title!.startsWith(`${path}: `)).length).toBe(1);
    expect(titles).toContain('virq_disabled: byte 1252 bit 2, configuration access');
    expect(titles).toContain('has_vga: byte 1252 bit 6, other fields');
    expect(titles).toContain('hole: byte 1118 to 1119');
    const [, description] = /<desc id="desc">(.*?)<\/desc>/.exec(map())!;
    expect(description).toContain('bardirty: byte 1252 bit 5, configuration access');
  });

  it('shows a bit-field in its bits, and names them', () => {
    const [, x, width, fill] =
      /<title>virq_disabled:.*?<rect x="([\d.]+)" y="\d+" width="([\d.]+)" height="18" fill="(.*?)"/.exec(
        map(),
      )!;
    // Byte 1252 is the 36th of its line; bit 2 is the third from the right of eight.
    expect([Number(x), Number(width), fill]).toEqual([56 + 36 * 24 + 5 * 3, 3, 'url(#class0)']);
    expect(map()).toMatch(/>bit 7<.*>bit 0</);
    expect(map()).toMatch(/font-size="9">pm_runtime_engaged</);
  });

  it('has the leftmost bit first on big endian, as it lies in memory', async () => {
    const { tree } = await programAt('base');
    const big = await recordLayout(await toolchain(), tree, 'vfio_pci_core_device', targetOf('s390x'));
    const text = byteMap(big, { target: targetOf('s390x'), title: 't', classes });
    expect(text).toContain('<title>virq_disabled: byte 1252 bit 5, configuration access</title>');
    expect(/<title>virq_disabled:.*?<rect x="([\d.]+)"/.exec(text)![1]).toBe(String(56 + 36 * 24 + 2 * 3));
  });

  it('distinguishes classes by pattern, not by colour alone', () => {
    const inks = [...map().matchAll(/<pattern id="class\d".*?<rect [^>]*\/>(.*?)<\/pattern>/g)].map(
      ([, ink]) => ink,
    );
    expect(inks).toHaveLength(classes.length);
    expect(new Set(inks).size).toBe(classes.length);
  });
});

it('has a struct of every kind to compare with', () => {
  const source = readFileSync(new URL('../layout/fixtures/torture.c', import.meta.url), 'utf8');
  expect(tags.length).toBeGreaterThanOrEqual(60);
  for (const tag of tags) expect(source).toMatch(new RegExp(`^(struct|union) .*\\b${tag} \\{`, 'm'));
});
