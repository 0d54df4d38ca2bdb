import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DebugInfo } from '../../src/layout/debug-info.js';
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
  /** Whether it tells a bit-field as wide as its type from a plain member: clang 14 under emcc does not. */
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
