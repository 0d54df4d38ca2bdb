// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { type Member, pointerTo, type StructType, type Type, VOID } from '../../src/layout/types.js';
import { type FieldAccess, resolveFieldPath } from '../../src/machine/field-path.js';
import { compileOutside, compileWasm, onPath } from '../layout/compile.js';
import { type Leaf, PRELUDE, type RandomStruct, randomStructs } from '../layout/random-struct.js';

/** C that defines the structs, a setter a leaf, and room for one of them. */
function program(structs: readonly RandomStruct[]): string {
  const parts = structs.map(({ tag, definition, leaves }, s) => {
    const setters = leaves.map(({ lvalue, kind }, l) => {
      const value = kind === 'pointer' ? '(void *)(unsigned long)v' : 'v';
      return `void set_${s}_${l}(struct ${tag} *p, u64 v) { p->${lvalue} = ${value}; }`;
    });
    return `${definition}\nconst u32 size_${s} = sizeof(struct ${tag});\n${setters.join('\n')}`;
  });
  return `${PRELUDE}\nu64 arena[${ARENA / 8}];\nvoid *get_arena(void) { return arena; }\n${parts.join('\n')}`;
}

/** Bytes: a struct in the first half, what its pointers point to in the second. */
const ARENA = 4096;

/** What C makes of a value assigned to a field. */
function assigned({ kind, width }: Leaf, value: bigint): bigint {
  if (kind === 'bool') return value === 0n ? 0n : 1n;
  return kind === 'signed' ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value);
}

/** The documented way to use a FieldAccess. */
function locate(memory: DataView, root: number, { hops }: FieldAccess): number {
  return hops.reduce((p, hop, i) => (i < hops.length - 1 ? memory.getUint32(p + hop, true) : p + hop), root);
}

function load(memory: DataView, root: number, access: FieldAccess): bigint {
  const at = locate(memory, root, access);
  let unit = 0n;
  for (let i = access.size - 1; i >= 0; i--) unit = (unit << 8n) | BigInt(memory.getUint8(at + i));
  const raw = unit >> BigInt(access.bit);
  return access.signed ? BigInt.asIntN(access.bits, raw) : BigInt.asUintN(access.bits, raw);
}

function checkStruct(
  { tag, definition, leaves }: RandomStruct,
  s: number,
  info: DebugInfo,
  exports: Record<string, unknown>,
  values: readonly bigint[],
): void {
  const memory = new DataView((exports.memory as WebAssembly.Memory).buffer);
  const bytes = new Uint8Array(memory.buffer);
  const root = (exports.get_arena as () => number)();
  const target = root + ARENA / 2;
  const set = (l: number, value: bigint) =>
    (exports[`set_${s}_${l}`] as (p: number, v: bigint) => void)(root, value);
  const struct = info.struct(tag);
  expect(struct.size, definition).toBe(memory.getUint32(info.variable(`size_${s}`).address, true));

  for (const [l, leaf] of leaves.entries()) {
    const where = `${leaf.path} in ${definition}`;
    const access = resolveFieldPath(struct, leaf.path);
    expect(access, where).toMatchObject({
      bits: leaf.width,
      signed: leaf.kind === 'signed',
      pointer: leaf.kind === 'pointer',
      type: leaf.type,
    });
    for (const noise of [0x00, 0xff, 0xa5]) {
      const value = values[(l + noise) % values.length]!;
      bytes.fill(noise, root, root + ARENA);
      if (leaf.through !== null) {
        set(
          leaves.findIndex(({ path }) => path === leaf.through),
          BigInt(target),
        );
      }
      const before = bytes.slice(root, root + ARENA);
      set(l, value);
      expect(load(memory, root, access), `${value} to ${where}`).toBe(assigned(leaf, value));

      // The setter changed nothing but the bits the access names.
      const first = (locate(memory, root, access) - root) * 8 + access.bit;
      for (let i = 0; i < ARENA; i++) {
        const changed = before[i]! ^ bytes[root + i]!;
        for (let bit = 0; changed >> bit !== 0; bit++) {
          const position = i * 8 + bit;
          const named = position >= first && position < first + access.bits;
          if ((changed >> bit) & 1 && !named) expect.fail(`bit ${position} changed with ${where}`);
        }
      }
    }
  }
}

interface Compiler {
  readonly name: string;
  readonly available: boolean;
  /** Whether it distinguishes a bit-field as wide as its type from a plain member: clang 14 under emcc does not. */
  readonly fullWidth: boolean;
  compile(text: string): Promise<Uint8Array> | Uint8Array;
}

const compilers: Compiler[] = [
  ...['-gdwarf-4', '-gdwarf-5'].map((dwarf) => ({
    name: `npm LLVM, ${dwarf}`,
    available: true,
    fullWidth: true,
    compile: (text: string) => compileWasm({ 'random.c': text }, ['-O1', dwarf, '-w']),
  })),
  {
    // Its DW_AT_bit_offset is the encoding of DWARF 3, in every version it is asked for.
    name: 'emcc',
    available: onPath('emcc') && onPath('wasm-ld-14'),
    fullWidth: false,
    compile: (text) =>
      compileOutside(text, [
        ['emcc', '-O1', '-g', '-w', '-x', 'c', '-c', '{in}', '-o', '{out}'],
        ['wasm-ld-14', '--no-entry', '--export-all', '{in}', '-o', '{out}'],
      ]),
  },
];

describe.each(compilers)('$name', ({ available, fullWidth, compile }) => {
  it.skipIf(!available)('reads back from random structs what compiled setters wrote', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomStructs(40, fullWidth),
        fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 50, maxLength: 50 }),
        async (structs, values) => {
          const module = await compile(program(structs));
          const info = DebugInfo.fromWasm(module);
          const { instance } = await WebAssembly.instantiate(module as BufferSource);
          for (const [s, struct] of structs.entries()) checkStruct(struct, s, info, instance.exports, values);
        },
      ),
      {
        numRuns: 2,
        // Each run compiles, and the assertion names the one struct that failed: shrinking would gain nothing.
        endOnFailure: true,
        asyncReporter: async ({ failed, seed, errorInstance }) => {
          if (failed) throw new Error(`with seed ${seed}`, { cause: errorInstance });
        },
      },
    );
  });
});

describe('paths in a struct of known layout', () => {
  const u32: Type = { kind: 'base', name: 'unsigned int', size: 4, encoding: 'unsigned' };
  const int: Type = { kind: 'base', name: 'int', size: 4, encoding: 'signed' };
  const field = (name: string | null, type: Type, offset: number): Member => {
    return { name, type, offset, bit: null, bits: null, storage: null };
  };
  const record = (name: string | null, size: number, members: Member[]): StructType => {
    return { kind: 'struct', name, size, complete: true, members };
  };
  const bits = (name: string, type: Type, offset: number, bit: number, width: number): Member => {
    return { name, type, offset, bit, bits: width, storage: null };
  };
  const array = (element: Type, count: number | null): Type => {
    return { kind: 'array', element, count, size: element.size * (count ?? 0) };
  };
  const atomic: Type = {
    kind: 'typedef',
    name: 'atomic_t',
    size: 4,
    target: record(null, 4, [field('counter', int, 0)]),
  };
  const power = record('dev_pm_info', 8, [field('usage_count', atomic, 0), field('state', u32, 4)]);
  const device = record('device', 16, [field('power', power, 8)]);
  const opaque: Type = { kind: 'struct', name: 'opaque', size: 0, complete: false, members: [] };
  const callback: Type = { kind: 'typedef', name: 'callback_fn', size: 4, target: pointerTo(4, () => VOID) };
  const root: StructType = record('core', 68, [
    field(
      'dev',
      pointerTo(4, () => device),
      0,
    ),
    field('rbar', array(u32, 7), 4),
    field(null, record(null, 4, [field('low', u32, 0)]), 32),
    field(
      'handle',
      pointerTo(4, () => opaque),
      36,
    ),
    field(
      'any',
      pointerTo(4, () => VOID),
      40,
    ),
    field(
      'table',
      pointerTo(4, () => pointerTo(4, () => device)),
      44,
    ),
    field(
      'self',
      pointerTo(4, () => root),
      48,
    ),
    field('ratio', { kind: 'base', name: 'float', size: 4, encoding: 'float' }, 52),
    field('wide', { kind: 'base', name: '__int128', size: 16, encoding: 'signed' }, 56),
    bits('late', u32, 60, 7, 2),
    bits('long', u32, 61, 7, 31),
    bits('nine', u32, 60, 4, 62),
    field('callback', callback, 64),
  ]);

  it.each([
    ['dev', { hops: [0], size: 4, bit: 0, bits: 32, signed: false, pointer: true, type: 'struct device *' }],
    [
      'dev.power.usage_count',
      { hops: [0, 8], size: 4, bit: 0, bits: 32, signed: true, pointer: false, type: 'int' },
    ],
    [
      'dev.power.usage_count.counter',
      { hops: [0, 8], size: 4, bit: 0, bits: 32, signed: true, pointer: false, type: 'int' },
    ],
    [
      'dev[2].power.state',
      { hops: [0, 44], size: 4, bit: 0, bits: 32, signed: false, pointer: false, type: 'unsigned int' },
    ],
    [
      'table[3].power.state',
      { hops: [44, 12, 12], size: 4, bit: 0, bits: 32, signed: false, pointer: false, type: 'unsigned int' },
    ],
    [
      'self.self.rbar[6]',
      { hops: [48, 48, 28], size: 4, bit: 0, bits: 32, signed: false, pointer: false, type: 'unsigned int' },
    ],
    ['low', { hops: [32], size: 4, bit: 0, bits: 32, signed: false, pointer: false, type: 'unsigned int' }],
    // Two bytes are enough, and aligned ones hold it; for 31 bits over five bytes only eight do.
    ['late', { hops: [60], size: 2, bit: 7, bits: 2, signed: false, pointer: false, type: 'unsigned int' }],
    ['long', { hops: [61], size: 8, bit: 7, bits: 31, signed: false, pointer: false, type: 'unsigned int' }],
    [
      'callback',
      { hops: [64], size: 4, bit: 0, bits: 32, signed: false, pointer: true, type: 'callback_fn' },
    ],
  ])('%s', (path, access) => {
    expect(resolveFieldPath(root, path)).toMatchObject(access);
  });

  it('knows the pointers that it follows, and what their types say of what is there', () => {
    expect(resolveFieldPath(root, 'low').pointers).toEqual([]);
    expect(resolveFieldPath(root, 'self.dev[2].power.state').pointers).toEqual([
      { path: 'self', target: 68, indexed: false },
      { path: 'self.dev', target: 16, indexed: true },
    ]);
  });

  it.each([
    ['rbr[1]', "rbr[1]: no member 'rbr' in struct core", "'rbar'"],
    ['dev.power.usage_cont', "no member 'usage_cont' in struct dev_pm_info", "'usage_count'"],
    [
      'usage_count',
      "no member 'usage_count' in struct core",
      "it is in struct dev_pm_info: 'dev.power.usage_count'",
    ],
    ['self.state', "no member 'state' in struct core", "it is in struct dev_pm_info: 'self.dev.power.state'"],
    ['zzzzzzzzzz', "no member 'zzzzzzzzzz' in struct core", 'rbar'],
    ['rbar[7]', "index 7 is out of range, 'rbar' has 7 elements", undefined],
    ['rbar', "'unsigned int [7]' has no value of its own", "'rbar[0]'"],
    ['rbar.low', "'rbar' is a 'unsigned int [7]' and has no member 'low'", "'rbar[0].low'"],
    ['table.power', "'table' is a 'struct device **' and has no member 'power'", "'table[0].power'"],
    ['low.high', "'low' is a 'unsigned int' and has no member 'high'", undefined],
    ['low[1]', "'low' is a 'unsigned int', which has no elements", undefined],
    ['dev.power', "'struct dev_pm_info' has no value of its own", 'usage_count, state'],
    ['handle.x', 'struct opaque is declared but not defined', undefined],
    ['any.x', "'any' is a 'void *' and has no member 'x'", undefined],
    ['any[1]', "the elements of 'any' have no size", undefined],
    ['ratio', "a 'float' cannot be read here as one integer", undefined],
    ['wide', "a '__int128' cannot be read here as one integer", undefined],
    ['nine', 'cannot be read here as one integer', undefined],
    ['', "malformed field path ''", 'member.member[index]'],
    ['.low', 'malformed', 'member.member[index]'],
    ['dev..power', 'malformed', 'member.member[index]'],
    ['rbar[-1]', 'malformed', 'member.member[index]'],
    ['rbar[x]', 'malformed', 'member.member[index]'],
    ['dev->power', 'malformed', 'member.member[index]'],
    ['rbar[1', 'malformed', 'member.member[index]'],
  ])("refuses '%s'", (path, message, hint) => {
    expect(() => resolveFieldPath(root, path)).toThrow(
      expect.objectContaining({
        code: 'E_UNKNOWN_FIELD',
        message: expect.stringContaining(message),
        advice: hint === undefined ? {} : { hint: expect.stringContaining(hint) },
      }),
    );
  });
});
