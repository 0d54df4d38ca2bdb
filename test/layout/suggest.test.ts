// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { LostbitError } from '../../src/errors.js';
import { fieldsOf } from '../../src/layout/fields.js';
import { recordLayout, recordLayouts } from '../../src/layout/record-layouts.js';
import { type Suggestion, suggestLayout } from '../../src/layout/suggest.js';
import { type TargetName, targetOf } from '../../src/layout/targets.js';
import { bare, type Member, type StructType, type UnknownType } from '../../src/layout/types.js';
import { structC } from '../../src/report/struct-c.js';
import { closeToolchains, programAt, toolchain } from '../support/race.js';
import { reportSeed } from './compile.js';
import { PRELUDE, randomStructs } from './random-struct.js';

afterAll(closeToolchains);

const TYPES =
  'typedef unsigned char u8; typedef unsigned short u16; typedef unsigned u32; typedef unsigned long long u64;\n' +
  'typedef _Bool bool; enum e { A, B };\n';

async function layoutsOf(text: string, target: TargetName = 'x86_64') {
  return recordLayouts(await toolchain(), new Map([['s.c', text]]), 's.c', targetOf(target));
}

const structOf = async (members: string, target: TargetName = 'x86_64', attributes = '') =>
  (await layoutsOf(`${TYPES}struct s { ${members} } ${attributes};\n`, target)).struct('s');

const words = (text: string) => new Set(text.split(' ').filter(Boolean));

async function suggested(members: string, own = '', target: TargetName = 'x86_64'): Promise<Suggestion> {
  return suggestLayout(await structOf(members, target), targetOf(target), words(own));
}

const namesOf = ({ members }: StructType) => members.map(({ name }) => name ?? '').join(' ');

/** Fields that share a memory location with one that is to be apart. */
function company(struct: StructType, own: ReadonlySet<string>, littleEndian = true): string[] {
  const fields = fieldsOf(struct, littleEndian);
  return fields
    .filter(({ path }) => own.has(path))
    .flatMap((field) =>
      fields
        .filter((other) => other !== field)
        .filter((other) => {
          const range = (one: typeof field) =>
            one.location ?? { offset: one.start / 8, size: (one.end - one.start) / 8 };
          const [a, b] = [range(field), range(other)];
          return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
        })
        .map((other) => `${field.path} ${other.path}`),
    );
}

describe('the driver’s structs', () => {
  const core = 'virq_disabled bardirty needs_reset pm_intx_masked pm_runtime_engaged';
  const of = async (stage: string, name: string, own: string, target: TargetName) => {
    const { tree } = await programAt(stage);
    const struct = await recordLayout(await toolchain(), tree, name, targetOf(target));
    expect(company(struct, words(own)).length > 0).toBe(stage === 'base');
    const suggestion = suggestLayout(struct, targetOf(target), words(own));
    expect(company(suggestion.struct, words(own))).toEqual([]);
    return suggestion;
  };
  const moves = ({ moved }: Suggestion) => moved.map(({ name, behind }) => `${name} behind ${behind}`);

  it('need no byte more for the core’s flags, where the third patch takes eight', async () => {
    const suggestion = await of('base', 'vfio_pci_core_device', core, 'x86_64');
    expect(suggestion.cost).toBe(0);
    expect(moves(suggestion)).toEqual([
      'virq_disabled behind bar_mmap_supported',
      'bardirty behind virq_disabled',
      'needs_reset behind ioeventfds_nr',
    ]);
    expect(suggestion.pinned).toEqual({ first: 'vdev', last: null });
    expect(new Set(suggestion.redeclared.map(({ name }) => name))).toEqual(words(core));
    expect(suggestion.redeclared.every(({ before, after }) => before === after)).toBe(true);
    // The third patch’s own layout is eight bytes too large by one flag.
    const after = await of('p3', 'vfio_pci_core_device', core, 'x86_64');
    expect([after.cost, after.redeclared.length, after.moved.length]).toEqual([-8, 0, 1]);
  });

  it('grow by four bytes on wasm32, which has fewer holes', async () => {
    const suggestion = await of('base', 'vfio_pci_core_device', core, 'wasm32');
    expect(suggestion.cost).toBe(4);
    expect(moves(suggestion)[0]).toBe('virq_disabled behind bar_mmap_supported');
  });

  it('are as the fourth patch has them', async () => {
    const own = 'deferred_reset mdev_detach log_active';
    const device = await of('base', 'mlx5vf_pci_core_device', own, 'x86_64');
    expect([device.cost, moves(device)]).toEqual([8, ['chunk_mode behind migrate_cap']]);
    const tracker = await of('base', 'mlx5_vhca_page_tracker', 'is_err object_changed', 'x86_64');
    expect([tracker.cost, moves(tracker)]).toEqual([-8, ['status behind object_changed']]);
    const p4 = recordLayout(
      await toolchain(),
      (await programAt('p4')).tree,
      'mlx5_vhca_page_tracker',
      targetOf('x86_64'),
    );
    expect(namesOf(tracker.struct)).toBe(namesOf(await p4));
    expect((await of('base', 'mlx5vf_pci_core_device', own, 'wasm32')).cost).toBe(4);
    expect((await of('base', 'mlx5_vhca_page_tracker', 'is_err object_changed', 'wasm32')).cost).toBe(0);
  });
});

describe('a bit-field that is to be apart', () => {
  it('keeps its type unless that is an integer wider than it needs', async () => {
    const members =
      'bool a:1; u8 b:1; u32 c:1; int d:3; u64 e:12; u64 f:40; enum e g:1; const u32 h:2; u16 i:9; u32 stays:1;';
    const { struct } = await suggested(members, 'a b c d e f g h i');
    const type = (name: string) => {
      const { type, bits } = struct.members.find((member) => member.name === name)!;
      const inner = bare(type);
      return [inner.size, inner.kind === 'base' ? inner.encoding : inner.kind, bits];
    };
    expect([...'abcdefghi'].map(type)).toEqual([
      [1, 'bool', null],
      [1, 'unsigned', null],
      [1, 'unsigned', null],
      [1, 'signed', null],
      [2, 'unsigned', null],
      [8, 'unsigned', null],
      [4, 'enum', null],
      [1, 'unsigned', null],
      [2, 'unsigned', null],
    ]);
    expect(structC(struct, targetOf('x86_64'))).toContain('const u8 h;');
  });

  it('leaves the others together, with the unnamed bits among them', async () => {
    const { struct, moved } = await suggested('u64 x; u8 a:1; u8 b:1; u8 :2; u8 c:1; u8 d:1;', 'b');
    expect(namesOf(struct)).toBe('x a c d b');
    expect(fieldsOf(struct).map(({ path, offset, bit }) => [path, offset, bit])).toEqual([
      ['x', 0, null],
      ['a', 8, 0],
      ['c', 8, 3],
      ['d', 8, 4],
      ['b', 9, null],
    ]);
    expect(moved.map(({ name }) => name)).toEqual(['b']);
    const locations = fieldsOf(struct).map(({ location }) => location?.offset);
    expect(locations).toEqual([0, 8, 8, 8, 9]);
  });

  it('does not make one location of two', async () => {
    const { struct } = await suggested('u64 x; u8 a:1; u8 own:1; u8 :0; u8 b:1; u8 c:1;', 'own');
    const at = new Map(fieldsOf(struct).map(({ path, location }) => [path, location]));
    expect(at.get('b')).toEqual(at.get('c'));
    expect(at.get('a')).not.toEqual(at.get('b'));
    expect(company(struct, words('own'))).toEqual([]);
  });

  it('stays in its order at an end of the others', async () => {
    const { moved, struct } = await suggested('u8 first:1; u8 a:1; u8 b:1; u8 last:1;', 'first last');
    expect([moved, namesOf(struct)]).toEqual([[], 'first a b last']);
  });
});

describe('an order', () => {
  it('fills holes before anything else is touched', async () => {
    const { moved, cost } = await suggested('u32 x; u64 y; u8 a:1; u8 b:1; u8 c:6; u8 d[7]; u64 z;', 'b');
    expect([cost, moved.map(({ name, behind }) => [name, behind])]).toEqual([0, [['b', 'x']]]);
  });

  it('has its first and its flexible member where they were', async () => {
    const { struct, pinned, cost } = await suggested('u8 a; u64 b; u8 c; u64 d; u8 e; u16 rest[];');
    expect([pinned, cost]).toEqual([{ first: 'a', last: 'rest' }, -16]);
    expect(namesOf(struct)).toMatch(/^a .* rest$/);
    // A struct that ends in such an array is no better.
    const nested = await structOf('u64 a; u8 b; struct t { u32 n; u8 rest[]; } t;');
    expect(suggestLayout(nested, targetOf('x86_64'), words('')).pinned.last).toBe('t');
  });

  it('keeps what attributes align, and an empty array with what it marks', async () => {
    const { struct } = await suggested(
      'u64 x; u8 a; u32 hot __attribute__((aligned(64))); u8 mark[0]; u16 b; u64 y; u8 c;',
    );
    expect(struct.members.find(({ name }) => name === 'hot')!.offset % 64).toBe(0);
    expect(namesOf(struct)).toContain('mark b');
    const aligned = suggestLayout(
      await structOf('u8 a; u32 b; u8 c;', 'x86_64', '__attribute__((aligned(32)))'),
      targetOf('x86_64'),
      words(''),
    );
    expect([aligned.struct.size, aligned.moved]).toEqual([32, []]);
  });

  it('is the one that there is where nothing is better', async () => {
    const { moved, redeclared, cost } = await suggested('u64 a; u32 b; u8 c;', 'c');
    expect([moved, redeclared, cost]).toEqual([[], [], 0]);
  });

  it('is the same each time, and found soon for a thousand members', () => {
    const sizes = [8, 8, 4, 8, 8, 8, 1, 2, 8, 4, 4, 8, 8, 1, 8, 8, 2, 2, 4, 8];
    const struct = wholes(Array.from({ length: 1000 }, (_, i) => sizes[(i * i + i) % sizes.length]!));
    const own = new Set(struct.members.slice(3, 40).map(({ name }) => name!));
    const once = suggestLayout(struct, targetOf('x86_64'), own);
    expect(once.struct.size).toBe(leastOf(struct));
    expect(once.moved.length).toBeLessThan(400);
    expect(suggestLayout(struct, targetOf('x86_64'), own).order).toEqual(once.order);
  });
});

describe('what is refused', () => {
  const refusal = async (members: string, own = '', attributes = '', kind = 'struct') => {
    const text = `${TYPES}${kind} s { ${members} } ${attributes};`;
    const struct = (await layoutsOf(text)).struct('s');
    return () => suggestLayout(struct, targetOf('x86_64'), words(own));
  };
  const error = (code: string, message: string) =>
    expect.objectContaining({
      code,
      message: expect.stringContaining(message),
      advice: { hint: expect.stringMatching(/./) },
    });

  it('is a union, a packed struct, and room that nothing explains', async () => {
    expect(await refusal('u8 a; u32 b;', '', '', 'union')).toThrow(
      error('E_NO_SUGGESTION', 'over each other'),
    );
    expect(await refusal('u8 a; u32 b;', '', '__attribute__((packed))')).toThrow(
      error('E_NO_SUGGESTION', 'is packed'),
    );
    expect(await refusal('u8 a; u8 :8; u8 :8; u8 b;')).toThrow(error('E_NO_SUGGESTION', 'no alignment'));
    // As BTF has it, which does not have the attribute.
    const { members, ...struct } = await structOf('u64 x; u8 a __attribute__((aligned(64))); u8 b;');
    const untold = { ...struct, members: members.map(({ alignment: _, ...member }): Member => member) };
    expect(() => suggestLayout(untold, targetOf('x86_64'), words(''))).toThrow(
      error('E_NO_SUGGESTION', 'no alignment'),
    );
  });

  it('is a field that there is not, with the nearest', async () => {
    expect(await refusal('u8 virq; u32 b;', 'virk')).toThrow(error('E_UNKNOWN_FIELD', "'virk'"));
    try {
      (await refusal('u8 virq; u32 b;', 'virk'))();
    } catch (thrown) {
      expect((thrown as LostbitError).advice.hint).toContain("'virq'");
    }
  });

  it('is a field that shares its bytes within a member that is moved as a whole', async () => {
    const inside = 'u64 x; struct { u8 a:1; u8 b:1; u8 c; }; union { u8 d; u16 e; };';
    expect(await refusal(inside, 'a')).toThrow(error('E_NO_SUGGESTION', "'a' shares"));
    expect(await refusal(inside, 'd')).toThrow(error('E_NO_SUGGESTION', "'d' shares"));
    expect((await refusal(inside, 'c'))().cost).toBe(0);
  });

  it('is a type that is not known, and a struct without members', async () => {
    const unknown: UnknownType = { kind: 'unknown', id: 7, size: 4, sized: true };
    const struct = await structOf('u32 a; u32 b;');
    const [a, b] = struct.members;
    const partly = { ...struct, members: [a!, { ...b!, type: unknown }] };
    expect(() => suggestLayout(partly, targetOf('x86_64'), words(''))).toThrow(
      error('E_NO_SUGGESTION', 'not known'),
    );
    const declared = { ...struct, complete: false, members: [] };
    expect(() => suggestLayout(declared, targetOf('x86_64'), words(''))).toThrow(
      error('E_NO_SUGGESTION', 'no members'),
    );
  });
});

/** A struct of whole fields, laid out as all machines of 64 bits do. */
function wholes(sizes: readonly number[]): StructType {
  const names = new Map([
    [1, 'unsigned char'],
    [2, 'unsigned short'],
    [4, 'unsigned int'],
    [8, 'unsigned long'],
  ]);
  let at = 0;
  const members = sizes.map((size, i): Member => {
    const offset = Math.ceil(at / size) * size;
    at = offset + size;
    const type = { kind: 'base', name: names.get(size)!, size, encoding: 'unsigned' } as const;
    return { name: `f${i}`, type, offset, bit: null, bits: null, storage: null };
  });
  const aligned = Math.max(...sizes);
  return { kind: 'struct', name: 's', complete: true, size: Math.ceil(at / aligned) * aligned, members };
}

function leastOf({ members }: StructType): number {
  const aligned = Math.max(...members.map(({ type }) => type.size));
  return Math.ceil(members.reduce((sum, { type }) => sum + type.size, 0) / aligned) * aligned;
}

/** All orders of all but the first. */
function orders(sizes: readonly number[]): number[][] {
  if (sizes.length < 2) return [[...sizes]];
  return sizes.flatMap((size, i) => orders(sizes.toSpliced(i, 1)).map((rest) => [size, ...rest]));
}

it('is as small as any order of up to six fields, and takes the fewest out of order', () => {
  const sizes = fc.array(fc.constantFrom(1, 1, 2, 4, 8), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(sizes, (all) => {
      const { struct, moved, given } = suggestLayout(wholes(all), targetOf('x86_64'), words(''));
      const [first, ...rest] = all;
      const least = Math.min(...orders(rest).map((order) => wholes([first!, ...order]).size));
      expect(struct.size).toBe(least);
      if (given.size === least) expect(moved).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

it.each<TargetName>(['x86_64', 'i386', 's390x', 'wasm32'])(
  'lies where a compiler puts it, random structs, for %s',
  async (name) => {
    const target = targetOf(name);
    const { littleEndian } = target;
    let made = 0;
    let apart = 0;
    await fc.assert(
      fc.asyncProperty(randomStructs(80, true), fc.infiniteStream(fc.boolean()), async (random, choice) => {
        const layouts = await layoutsOf(
          `${PRELUDE}\n${random.map(({ definition }) => definition).join('\n')}`,
          name,
        );
        const all: { suggestion: Suggestion; own: Set<string> }[] = [];
        for (const { tag } of random) {
          const struct = layouts.struct(tag);
          const bits = struct.members.filter((member) => member.bits !== null && choice.next().value);
          const own = new Set(bits.map((member) => member.name!));
          try {
            all.push({ suggestion: suggestLayout(struct, target, own), own });
          } catch (error) {
            expect(error).toMatchObject({ code: 'E_NO_SUGGESTION' });
          }
        }
        // Each in the scope of a function of its own, where its tags and typedefs hide no other's.
        const text = all.map(({ suggestion: { struct } }, i) => {
          const again = structC(struct, target).replaceAll(`struct ${struct.name} `, `struct again_${i} `);
          return `void in_${i}(void) {\n${again}\nstruct again_${i} *p; }`;
        });
        const compiled = await layoutsOf(text.join('\n'), name);
        const shape = (struct: StructType) => ({
          size: struct.size,
          fields: fieldsOf(struct, littleEndian).map(({ path, start, end, unit, location }) => {
            return { path, start, end, unit, location };
          }),
        });
        for (const [i, { suggestion, own }] of all.entries()) {
          const { struct, given } = suggestion;
          expect(shape(compiled.struct(`again_${i}`)), text[i]).toEqual(shape(struct));
          expect(company(struct, own, littleEndian), text[i]).toEqual([]);
          expect(
            fieldsOf(struct)
              .map(({ path }) => path)
              .sort(),
          ).toEqual(
            fieldsOf(given)
              .map(({ path }) => path)
              .sort(),
          );
          expect(struct.members[0]!.name).toBe(given.members[0]!.name);
          expect(suggestion.cost).toBe(struct.size - given.size);
          if (own.size === 0) expect(suggestion.cost).toBeLessThanOrEqual(0);
          apart += own.size;
        }
        made += all.length;
      }),
      { numRuns: 2, endOnFailure: true, reporter: reportSeed },
    );
    expect(made).toBeGreaterThan(20);
    expect(apart).toBeGreaterThan(20);
  },
);
