// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { At, Form, Op, Tag } from '../../src/layout/dwarf/constants.js';
import { spell } from '../../src/layout/spell.js';
import { type Attribute, buildDwarf, type Entry, wrapInWasm } from './dwarf-builder.js';
import { bad, int, member, named, read, struct, typed, UNKNOWN_ATTRIBUTE, unit } from './dwarf-entries.js';

describe('what cannot be', () => {
  const typedef = (label: string, target: string): Entry => {
    return { tag: Tag.typedef, label, attributes: [named(label), typed(target)] };
  };

  it('a type that contains itself', () => {
    expect(() => read(unit(struct('s', [member('m', 's')]))).struct('s')).toThrow(bad('contains itself'));
    const round = unit(typedef('a', 'b'), typedef('b', 'a'), struct('s', [member('m', 'a')]));
    expect(() => read(round).struct('s')).toThrow(bad('contains itself'));
  });

  it('a pointer to itself has a spelling with an end', () => {
    const pointer: Entry = { tag: Tag.pointerType, label: 'p', attributes: [typed('p')] };
    const { type } = read(unit(pointer, struct('s', [member('m', 'p')]))).struct('s').members[0]!;
    expect(spell(type)).toMatch(/^… \*+$/);
  });

  it('types nested without end', () => {
    const chain = Array.from({ length: 5000 }, (_, i) => typedef(`t${i}`, i === 4999 ? 'int' : `t${i + 1}`));
    expect(() => read(unit(int, ...chain, struct('s', [member('m', 't0')]))).struct('s')).toThrow(
      bad('nested'),
    );
  });

  it('a variable that completes itself', () => {
    const location: Attribute = [At.location, Form.exprloc, Uint8Array.of(Op.addr, 0, 0, 0, 0)];
    const itself: Attribute = [At.specification, Form.ref4, { label: 'v' }];
    const info = read(unit({ tag: Tag.variable, label: 'v', attributes: [itself, location] }));
    expect(() => info.variable('v')).toThrow(bad('circle'));
  });

  it.each([0, 11, 0x7fff_ffff])('a type at the wild offset %i', (offset) => {
    const wild: Attribute = [At.type, Form.ref4, offset];
    const root = unit(struct('s', [{ tag: Tag.member, attributes: [named('m'), wild] }]));
    expect(() => read(root).struct('s').members).toThrow(expect.objectContaining({ code: 'E_BAD_DWARF' }));
  });

  it('an array beyond any size', () => {
    const huge: Entry = {
      tag: Tag.arrayType,
      label: 'a',
      attributes: [typed('int')],
      children: [1, 2].map(() => ({
        tag: Tag.subrangeType,
        attributes: [[At.count, Form.data4, 0xffff_ffff]],
      })),
    };
    expect(() => read(unit(int, huge, struct('s', [member('m', 'a')]))).struct('s')).toThrow(
      bad('beyond any size'),
    );
  });

  it('types of other languages, files and type units', () => {
    const set: Entry = { tag: 0x20, label: 'r', attributes: [typed('int')] };
    expect(() => read(unit(int, set, struct('s', [member('m', 'r')]))).struct('s')).toThrow(bad('not known'));
    const elsewhere = (form: number): Attribute => [At.type, form, 1];
    const root = (form: number) =>
      unit(struct('s', [{ tag: Tag.member, attributes: [named('m'), elsewhere(form)] }]));
    expect(() => read(root(Form.refSig8)).struct('s')).toThrow(
      expect.objectContaining({
        code: 'E_BAD_DWARF',
        message: expect.stringContaining('refers to a type unit that is not there (1)'),
        advice: { hint: 'compile without -fdebug-types-section' },
      }),
    );
    for (const form of [Form.gnuRefAlt, Form.refSup4, Form.refSup8])
      expect(() => read(root(form)).struct('s')).toThrow(
        expect.objectContaining({
          code: 'E_NO_DEBUG_INFO',
          message: expect.stringContaining('refers to another file, which was not read'),
          advice: { hint: expect.stringContaining('`dwz -m`') },
        }),
      );
    expect(() => read(root(Form.data4)).struct('s')).toThrow(bad('form 0x6, which is not one'));
  });

  it.each([0, 1, 6])('DWARF version %i', (version) => {
    expect(() => read(unit(), { version })).toThrow(
      bad(`DWARF version ${version}; versions 2 to 5 are read`),
    );
  });

  it('a type unit that another type refers to by a signature is read', () => {
    const type = buildDwarf(unit(struct('s', [member('m', 'int')]), int), {
      typeUnit: { signature: 2n ** 63n + 5n, label: 's' },
    });
    const use = buildDwarf(
      unit(
        struct('t', [{ tag: Tag.member, attributes: [named('x'), [At.type, Form.refSig8, 2n ** 63n + 5n]] }]),
        { tag: Tag.structureType, attributes: [[At.signature, Form.refSig8, 2n ** 63n + 5n]], label: 'only' },
        struct('u', [member('y', 'only')]),
      ),
    );
    // One table behind the other, and what refers to the second has to say so.
    const [first, second] = [type, use].map((one) => one.get('.debug_abbrev')!);
    const using = use.get('.debug_info')!.slice();
    new DataView(using.buffer).setUint32(8, first!.length, true);
    const info = DebugInfo.fromWasm(
      wrapInWasm(
        new Map([
          ['.debug_info', Buffer.concat([type.get('.debug_info')!, using])],
          ['.debug_abbrev', Buffer.concat([first!, second!])],
        ]),
      ),
    );
    expect(info.structNames()).toEqual(['s', 't', 'u']);
    const s = info.struct('s');
    expect(s).toMatchObject({ size: 4, members: [{ name: 'm' }] });
    expect(info.struct('t').members[0]!.type).toBe(s);
    expect(info.struct('u').members[0]!.type).toBe(s);
  });

  const changed = (section: string, offset: number, ...bytes: number[]) => {
    const sections = buildDwarf(unit(int));
    sections.get(section)!.set(bytes, offset);
    return () => DebugInfo.fromWasm(wrapInWasm(sections));
  };

  it('headers', () => {
    expect(changed('.debug_info', 0, 255, 255, 255, 255)).toThrow(bad('overruns the section'));
    expect(changed('.debug_info', 0, 0xf1, 255, 255, 255)).toThrow(bad('reserved length'));
    expect(changed('.debug_info', 0, 255, 0)).toThrow(bad('overruns the section'));
    // As a skeleton, eight bytes of it are an id.
    expect(changed('.debug_info', 6, 4)).toThrow(bad('undefined abbreviation'));
    expect(changed('.debug_info', 6, 0x77)).toThrow(bad('unknown type 0x77'));
    expect(changed('.debug_info', 7, 3)).toThrow(bad('addresses of 3 bytes'));
    expect(changed('.debug_info', 8, 0, 0, 1)).toThrow(bad(/\.debug_abbrev points outside/));
    expect(changed('.debug_info', 12, 99)).toThrow(bad('undefined abbreviation 99'));
  });

  it('a name without an end in sight', () => {
    expect(() => read(unit(struct('x'.repeat(5000), [])))).toThrow(bad('name longer than'));
  });

  it('an entry that reaches into the next unit', () => {
    const sections = buildDwarf(
      unit({ tag: Tag.baseType, attributes: [[UNKNOWN_ATTRIBUTE, Form.block1, Uint8Array.of(7, 7, 7)]] }),
    );
    const info = sections.get('.debug_info')!;
    const twice = Uint8Array.from([...info, ...info]);
    twice[info.length - 5] = 20; // the length of the block, before three bytes and the end of the list
    sections.set('.debug_info', twice);
    expect(() => DebugInfo.fromWasm(wrapInWasm(sections))).toThrow(bad('overruns its unit'));
  });

  it('abbreviation tables that overlap', () => {
    const abbrev = [1, Tag.baseType, 0, 0, 0];
    const count = 12;
    const header = (i: number) => [8, 0, 0, 0, 5, 0, 1, 4, i * abbrev.length, 0, 0, 0];
    const sections = new Map([
      ['.debug_info', Uint8Array.from(Array.from({ length: count }, (_, i) => header(i)).flat())],
      ['.debug_abbrev', Uint8Array.from([...new Array(count).fill(abbrev).flat(), 0])],
    ]);
    expect(() => DebugInfo.fromWasm(wrapInWasm(sections))).toThrow(bad('tables that overlap'));
  });

  it('a missing section', () => {
    const sections = buildDwarf(unit(int));
    sections.delete('.debug_abbrev');
    expect(() => DebugInfo.fromWasm(wrapInWasm(sections))).toThrow(bad('lacks the section .debug_abbrev'));
  });
});
