// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HookKind, hookAccesses } from '../../src/engine/instrument/hook-accesses.js';
import { aarch64Accesses } from '../../src/layout/spans/aarch64-accesses.js';
import type { Touched } from '../../src/layout/spans/touched.js';
import { x86Accesses } from '../../src/layout/spans/x86-accesses.js';
import { MEMORY_BYTES } from '../../src/toolchain/flags.js';
import type { CompileOptions, Toolchain } from '../../src/toolchain/types.js';
import { BIT_FIELD_PRELUDE, type BitFieldShape } from './random-bit-fields.js';

/** What a function does to its struct: the bytes, in their order (`1 2 4`). */
export interface AccessedBytes {
  readonly read: string;
  readonly written: string;
}

/** By the keys of accessors. */
export type AllBytes = ReadonlyMap<string, AccessedBytes>;

/** A function that reads a field, or writes it; both take a pointer to the struct, and one to a value of 64 bits. */
interface Accessor {
  /** `struct b1 in.f read`. */
  readonly key: string;
  readonly name: string;
  readonly body: string;
  readonly tag: string;
}

function accessorsOf(shapes: readonly BitFieldShape[]): Accessor[] {
  return shapes.flatMap(({ tag, fields }, i) =>
    fields.flatMap((field, j) => [
      { key: `${tag} ${field} read`, name: `r_${i}_${j}`, body: `*v = p->${field};`, tag },
      { key: `${tag} ${field} write`, name: `w_${i}_${j}`, body: `p->${field} = *v;`, tag },
    ]),
  );
}

const exported = (name: string) => `__attribute__((export_name("${name}")))`;

/** The accessors of shapes, for a compiler of one module or for gcc. */
function textOf(shapes: readonly BitFieldShape[], isModule: boolean): string {
  const functions = accessorsOf(shapes).map(
    ({ name, body, tag }) => `${isModule ? exported(name) : ''} void ${name}(${tag} *p, u64 *v) { ${body} }`,
  );
  const own = shapes.map(
    ({ tag }, i) => `${exported(`size_${i}`)} unsigned size_${i}(void) { return sizeof(${tag}); }`,
  );
  // The hook does not report what it writes itself.
  const hook = `u32 reported[1024], count;
    ${exported('hook')} void hook(u32 at, u32 bytes, u32 kind)
    { if (count < 1020) { reported[count++] = at; reported[count++] = bytes; reported[count++] = kind; } }
    ${exported('reported')} u32 *where(void) { return reported; }
    ${exported('taken')} u32 taken(void) { u32 was = count; count = 0; return was; }`;
  const definitions = shapes.map(({ definition }) => definition);
  return [BIT_FIELD_PRELUDE, ...definitions, ...(isModule ? [hook, ...own] : []), ...functions, ''].join(
    '\n',
  );
}

/** What a module does, as its functions ran. */
export interface Ran {
  readonly bytes: AllBytes;
  /** By `tag field`, the bytes of a struct of zeros in which the field is set to ones, in hexadecimal. */
  readonly masks: ReadonlyMap<string, string>;
}

/**
 * Compiles the accessors of shapes, and runs each with all of its memory accesses reported. Throws where a write of a field
 * does not leave it as intended, or anything else not as it was.
 */
export async function runModule(
  toolchain: Toolchain,
  shapes: readonly BitFieldShape[],
  options: CompileOptions,
): Promise<Ran> {
  const object = await toolchain.compile('shapes.c', new Map([['shapes.c', textOf(shapes, true)]]), options);
  const linked = await toolchain.link(new Map([['shapes.o', object.bytes]]));
  const pages = MEMORY_BYTES / 65536;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const all = Buffer.from(memory.buffer);
  const hooked = hookAccesses(linked.bytes, { hook: 'hook', skip: () => false });
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(hooked.bytes), {
    env: { memory },
  });
  const call = exports as Record<string, (struct?: number, value?: number) => number>;
  const [struct, value] = [MEMORY_BYTES / 2, MEMORY_BYTES / 2 + 2 ** 16];
  const bytes = new Map<string, AccessedBytes>();
  const masks = new Map<string, string>();

  /** Calls an accessor, and keeps what it does to the struct. */
  function run(name: string, key: string, size: number): void {
    call.taken!();
    call[name]!(struct, value);
    // What the hook got of `taken` is its own end.
    const reported = new Uint32Array(memory.buffer, call.reported!(), 1024);
    const kinds: [Set<number>, Set<number>] = [new Set(), new Set()];
    const count = call.taken!();
    for (let i = 0; i < count; i += 3) {
      const [at, width, kind] = [reported[i]! - struct, reported[i + 1]!, reported[i + 2]!];
      if (at < 0 || at >= size) continue;
      for (let byte = at; byte < at + width; byte++) kinds[kind === HookKind.load ? 0 : 1].add(byte);
    }
    bytes.set(key, { read: listed(kinds[0]), written: listed(kinds[1]) });
  }

  for (const [i, { tag, fields }] of shapes.entries()) {
    const size = call[`size_${i}`]!();
    const room = all.subarray(struct, struct + size);
    const read = (j: number) => {
      run(`r_${i}_${j}`, `${tag} ${fields[j]} read`, size);
      return all.readBigUInt64LE(value);
    };
    const write = (j: number, to: bigint) => {
      all.writeBigUInt64LE(to, value);
      run(`w_${i}_${j}`, `${tag} ${fields[j]} write`, size);
    };
    for (const [j, field] of fields.entries()) {
      const fail = (what: string) => {
        throw new Error(`${tag}: ${field} ${what}`);
      };
      room.fill(0);
      write(j, 2n ** 64n - 1n);
      const mask = Buffer.from(room);
      masks.set(`${tag} ${field}`, mask.toString('hex'));
      const ones = read(j);
      write(j, 0n);
      if (room.some((byte) => byte !== 0)) fail('= 0 leaves bits set');
      room.fill(255);
      if (read(j) !== ones) fail('is read with what lies beside it');
      write(j, 0n);
      if (room.some((byte, k) => byte !== (~mask[k]! & 255))) fail('= 0 clears what lies beside it');
    }
  }
  return { bytes, masks };
}

const GCC = ['-w', '-std=gnu11', '-fno-strict-aliasing'];
/** One function for each accessor and nothing else in it. */
const CODE = [
  '-O2',
  '-fno-ipa-icf',
  '-fomit-frame-pointer',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-S',
];

/** The same by gcc's assembly. */
export function bytesOfGcc(shapes: readonly BitFieldShape[], machine: 'x86_64' | 'aarch64'): AllBytes {
  const isX86 = machine === 'x86_64';
  const assembly = inFolder((folder) => {
    const file = join(folder, 'shapes.c');
    writeFileSync(file, textOf(shapes, false));
    const flags = [...GCC, ...CODE, ...(isX86 ? ['-masm=intel', '-fcf-protection=none'] : [])];
    execFileSync(isX86 ? 'gcc' : 'aarch64-linux-gnu-gcc', [...flags, file, '-o', `${file}.s`], {
      stdio: 'pipe',
    });
    return readFileSync(`${file}.s`, 'utf8');
  });
  const functions = isX86 ? x86Accesses(assembly, 'x86_64') : aarch64Accesses(assembly);
  return new Map(accessorsOf(shapes).map(({ key, name }) => [key, bytesIn(functions.get(name), key)]));
}

function bytesIn(touched: Touched | undefined, key: string): AccessedBytes {
  if (touched === undefined || touched.problem !== null)
    throw new Error(`${key}: ${touched?.problem ?? 'there is no code'}`);
  const all = (kind: 'reads' | 'writes') =>
    touched[kind].flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i));
  return { read: listed(new Set(all('reads'))), written: listed(new Set(all('writes'))) };
}

/** {@link Ran.masks} of a program that gcc makes for this machine. */
export function masksOfGcc(shapes: readonly BitFieldShape[]): ReadonlyMap<string, string> {
  const fields = shapes.flatMap(({ tag, fields }) => fields.map((field) => [tag, field] as const));
  const shows = fields.map(
    ([tag, field], i) =>
      `static void show_${i}(void) { ${tag} x; memset(&x, 0, sizeof(x)); x.${field} = -1; show(&x, sizeof(x)); }`,
  );
  const text = `#include <stdio.h>
    #include <string.h>
    ${BIT_FIELD_PRELUDE}
    ${shapes.map(({ definition }) => definition).join('\n')}
    static void show(const void *x, unsigned size)
    { for (unsigned i = 0; i < size; i++) printf("%02x", ((const u8 *)x)[i]); printf("\\n"); }
    ${shows.join('\n')}
    int main(void) { ${shows.map((_, i) => `show_${i}();`).join(' ')} }`;
  const lines = inFolder((folder) => {
    const program = join(folder, 'masks');
    writeFileSync(`${program}.c`, text);
    execFileSync('gcc', [...GCC, '-O0', `${program}.c`, '-o', program], { stdio: 'pipe' });
    return execFileSync(program, { encoding: 'utf8', maxBuffer: 2 ** 28 }).split('\n');
  });
  return new Map(fields.map(([tag, field], i) => [`${tag} ${field}`, lines[i]!]));
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'lostbit-gcc-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const listed = (bytes: ReadonlySet<number>) => [...bytes].sort((a, b) => a - b).join(' ');

/** The tags of shapes that two compilers lay out alike. */
export function laidOutAlike(
  shapes: readonly BitFieldShape[],
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): BitFieldShape[] {
  return shapes.filter(({ tag, fields }) =>
    fields.every((field) => one.get(`${tag} ${field}`) === other.get(`${tag} ${field}`)),
  );
}

/**
 * Each access of the shapes that is not the same, with both, to be read. Whether gcc loads a byte that the field fills
 * as a whole, and that is stored then, is a matter of its later passes, and of no consequence.
 */
export function differences(
  shapes: readonly BitFieldShape[],
  { bytes, masks }: Ran,
  gcc: AllBytes,
): string[] {
  return shapes.flatMap(({ tag, definition, fields }) =>
    fields.flatMap((field) => {
      const mask = Buffer.from(masks.get(`${tag} ${field}`)!, 'hex');
      return ['read', 'write'].flatMap((kind) => {
        const key = `${tag} ${field} ${kind}`;
        const [own, theirs] = [bytes.get(key)!, gcc.get(key)!];
        const missing = own.read.split(' ').filter((byte) => !theirs.read.split(' ').includes(byte));
        const same =
          own.read === theirs.read ||
          (kind === 'write' &&
            missing.every((byte) => mask[Number(byte)] === 255) &&
            own.read.split(' ').length - missing.length === theirs.read.split(' ').length);
        if (same && own.written === theirs.written) return [];
        return [
          `${key}: ${own.read} / ${own.written}, gcc ${theirs.read} / ${theirs.written}: ${definition}`,
        ];
      });
    }),
  );
}
