// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HookKind, hookAccesses } from '../../../src/engine/instrument/hook-accesses.js';
import { memoryAccesses } from '../../../src/engine/instrument/memory-accesses.js';
import { codeSection } from '../../../src/wasm/function-bodies.js';
import { customSections } from '../../../src/wasm/sections.js';
import { assemble, F32, F64, I32, I64, type TestFunction } from './assemble.js';
import { accessFunction, accessSpecs, bulkFunctions } from './every-access.js';

type Call = [address: number, bytes: number, kind: number];
type Value = number | bigint;

const memoryBytes = 65536;

/** Instantiates a module of {@link assemble} over a memory of known bytes. */
function instantiate(bytes: Uint8Array<ArrayBuffer>) {
  const log: Call[] = [];
  const hook = (address: number, size: number, kind: number) => log.push([address >>> 0, size, kind]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { hook } });
  const memory = new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
  for (let i = 0; i < memory.length; i++) memory[i] = (i * 37) & 0xff;
  const call = (name: string, args: readonly Value[]) => {
    try {
      return { value: (exports[name] as (...args: Value[]) => Value | undefined)(...args) };
    } catch (error) {
      return { trap: (error as Error).message };
    }
  };
  return { log, call, memory: () => Buffer.from(memory).toString('latin1') };
}

const hooked = (functions: readonly TestFunction[], skip = (_: number) => false, padded = false) => {
  const original = assemble(functions, { padded });
  return { original, ...{ hooked: hookAccesses(original, { hook: 'hook', skip }) } };
};

const anyOf = (type: number): fc.Arbitrary<Value> => {
  if (type === I32) return fc.integer();
  if (type === I64) return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  return type === F32 ? fc.float() : fc.double();
};

describe('every access', () => {
  const at = fc.oneof(
    fc.integer({ min: 0, max: memoryBytes / 8 - 8 }).map((word) => word * 8),
    fc.integer({ min: 0, max: memoryBytes }),
    fc.integer({ min: memoryBytes - 16, max: 2 ** 32 - 1 }),
  );
  const immediate = fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 200 }).map((word) => word * 8),
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  );

  it.each(accessSpecs)('$name', (spec) => {
    const operands = fc.tuple(...spec.operands.map(anyOf));
    fc.assert(
      fc.property(at, immediate, operands, fc.boolean(), (address, offset, values, padded) => {
        const { original, hooked: result } = hooked(
          [accessFunction(spec, offset, padded)],
          undefined,
          padded,
        );
        // A wait for a value that is there would last; only its refusal and its traps are of interest.
        const waits = spec.name.startsWith('wait');
        const args = [address | 0, ...(waits ? [values[0]!, 0n] : values)];
        const plain = instantiate(original);
        const watched = instantiate(result.bytes);
        expect(watched.call(spec.name, args)).toEqual(plain.call(spec.name, args));
        expect(watched.memory()).toBe(plain.memory());
        expect(plain.log).toEqual([]);
        expect(watched.log).toEqual([[(address + offset) % 2 ** 32, spec.bytes, HookKind[spec.kind]]]);
      }),
      { numRuns: 25 },
    );
  });

  it('in bulk', () => {
    const { original, hooked: result } = hooked(bulkFunctions);
    const length = fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 70000 }),
    );
    const name = fc.constantFrom('copy', 'fill', 'init');
    fc.assert(
      fc.property(
        name,
        at,
        fc.oneof(at, fc.integer({ min: 0, max: 20 })),
        length,
        (name, to, from, bytes) => {
          const plain = instantiate(original);
          const watched = instantiate(result.bytes);
          const args = [to | 0, from | 0, bytes];
          expect(watched.call(name, args)).toEqual(plain.call(name, args));
          expect(watched.memory()).toBe(plain.memory());
          const store: Call = [to, bytes, HookKind.store];
          expect(watched.log).toEqual(name === 'copy' ? [[from, bytes, HookKind.load], store] : [store]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is found, once, in order', () => {
    const functions = [...accessSpecs.map((spec) => accessFunction(spec, 8)), ...bulkFunctions];
    const accesses = memoryAccesses(assemble(functions));
    expect(accesses.map(({ site }) => site)).toEqual(functions.map((_, i) => i));
    expect(accesses.map(({ functionIndex }) => functionIndex)).toEqual(functions.map((_, i) => i + 1));
    for (const [i, spec] of accessSpecs.entries()) {
      const { kind, bytes, immediate, operands } = accesses[i]!;
      expect([kind.split('.')[0], bytes, immediate], spec.name).toEqual([spec.kind, spec.bytes, 8]);
      expect(operands).toEqual([I32, ...spec.operands]);
    }
    expect(accesses.slice(-3).map(({ kind, bytes }) => [kind, bytes])).toEqual([
      ['memory.copy', null],
      ['memory.fill', null],
      ['memory.init', null],
    ]);
  });
});

describe('a hooked module', () => {
  const load = accessSpecs.find(({ name }) => name === 'i32.load')!;
  const store = accessSpecs.find(({ name }) => name === 'i64.store8')!;
  const cmpxchg = accessSpecs.find(({ name }) => name === 'i64.atomic.rmw.cmpxchg')!;

  it('calls the hook after all operands are evaluated, in the order of the accesses', () => {
    // store8(p, load8(p) | 1): between the two an update can be lost, and nowhere else
    const update: TestFunction = {
      name: 'update',
      parameters: [I32],
      results: [],
      code: [0x20, 0, 0x20, 0, 0x2d, 0, 4, 0x41, 1, 0x72, 0x3a, 0, 4],
    };
    const { hooked: result } = hooked([update]);
    const seen: (number | undefined)[] = [];
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(result.bytes), {
      env: {
        hook: () => {
          const view = new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
          seen.push(view[12]);
          view[12] = 0x40;
        },
      },
    });
    (exports.update as (p: number) => void)(8);
    expect(seen).toEqual([0, 0x40]);
    expect(new Uint8Array((exports.memory as WebAssembly.Memory).buffer)[12]).toBe(0x41);
  });

  it('may have accesses within blocks, of several types, and where no code gets to', () => {
    const mixed: TestFunction = {
      name: 'mixed',
      parameters: [I32, F64],
      results: [I64],
      locals: [
        [300, I32],
        [1, F64],
      ],
      code: [
        ...[0x03, 0x40], // loop
        ...[0x20, 0, 0x20, 1, 0x39, 3, 0], // f64.store
        ...[0x20, 0, 0x20, 0, 0x28, 2, 0, 0x36, 2, 16], // i32.store of i32.load
        ...[0x20, 0, 0x42, 1, 0x42, 2, 0xfe, 0x49, 3, 8, 0x1a], // i64.atomic.rmw.cmpxchg
        0x0b,
        ...[0x20, 0, 0x29, 3, 0, 0x0f], // return i64.load
        ...[0x36, 2, 0, 0x29, 3, 0], // unreachable
      ],
    };
    const { original, hooked: result } = hooked([mixed]);
    const watched = instantiate(result.bytes);
    expect(watched.call('mixed', [64, 1.5])).toEqual(instantiate(original).call('mixed', [64, 1.5]));
    expect(watched.log).toEqual([
      [64, 8, HookKind.store],
      [64, 4, HookKind.load],
      [80, 4, HookKind.store],
      [72, 8, HookKind.atomic],
      [64, 8, HookKind.load],
    ]);
  });

  it('leaves functions alone that are to be skipped', () => {
    const functions = [accessFunction(load, 0), accessFunction(store, 0), accessFunction(cmpxchg, 0)];
    const { hooked: result } = hooked(functions, (index) => index === 2);
    const watched = instantiate(result.bytes);
    watched.call('i32.load', [0]);
    watched.call('i64.store8', [8, 1n]);
    watched.call('i64.atomic.rmw.cmpxchg', [16, 0n, 0n]);
    expect(watched.log.map(([address]) => address)).toEqual([0, 16]);
  });

  it('leaves the hook itself alone', () => {
    const hook: TestFunction = {
      name: 'note',
      parameters: [I32, I32, I32],
      results: [],
      code: [0x41, 0, 0x41, 0, 0x28, 2, 0, 0x41, 1, 0x6a, 0x36, 2, 0], // ++*(int *)0
    };
    const module = assemble([hook, accessFunction(load, 0)]);
    const watched = instantiate(hookAccesses(module, { hook: 'note', skip: () => false }).bytes);
    const before = watched.memory().charCodeAt(0);
    watched.call('i32.load', [64]);
    expect(watched.memory().charCodeAt(0)).toBe(before + 1);
  });

  it.each([false, true])('is the same byte by byte where nothing is to be hooked, padded: %s', (padded) => {
    const functions = [...accessSpecs.map((spec) => accessFunction(spec, 8)), ...bulkFunctions];
    const { original, hooked: result } = hooked(functions, () => true, padded);
    expect(result.bytes).toEqual(original);
  });

  it('keeps custom sections but those that hold places in the code', () => {
    const customs = [
      ['name', 0, 2, 1, 0x6d],
      ['.debug_info', 1, 2, 3],
      ['producers', 0],
      ['metadata.code.branch_hint', 0],
      ['.debug_line', 4],
    ] as const;
    const module = assemble([accessFunction(load, 0)], { customs });
    const { bytes, original } = hookAccesses(module, { hook: 'hook', skip: () => false });
    expect([...customSections(bytes)].map(([name, content]) => [name, ...content])).toEqual([
      ['name', 0, 2, 1, 0x6d],
      ['producers', 0],
    ]);
    expect(module[original(bytes.length - 1)]).toBe(0);
  });

  it('maps its places back to the original’s', () => {
    const functions = accessSpecs.map((spec, i) => accessFunction(spec, 8 * i));
    const { original: module, hooked: result } = hooked(functions);
    const sites = memoryAccesses(module);
    // Apart from the calls of the hook, the accesses are the same ones.
    const moved = memoryAccesses(result.bytes);
    expect(moved.map(({ offset }) => result.original(offset))).toEqual(sites.map(({ offset }) => offset));
    let last = 0;
    for (let offset = 0; offset < result.bytes.length; offset++) {
      const from = result.original(offset);
      expect(from).toBeGreaterThanOrEqual(last);
      last = from;
    }
    const bodies = codeSection(module).bodies;
    for (const [i, { start, end }] of codeSection(result.bytes).bodies.entries()) {
      expect(result.original(start)).toBe(bodies[i]!.start);
      expect(result.original(end - 1)).toBe(bodies[i]!.end - 1);
    }
    expect(result.original(0)).toBe(0);
    expect(result.original(-5)).toBe(0);
    expect(result.original(result.bytes.length)).toBe(module.length);
    expect(result.original(2 ** 40)).toBe(module.length);
  });

  it('maps what V8 says of a call of the hook, and of a trap, to the access', () => {
    const { original: module, hooked: result } = hooked([accessFunction(load, 0)]);
    const [site] = memoryAccesses(module);
    const offsetsIn = (stack = '') =>
      [...stack.matchAll(/wasm-function\[\d+\]:0x([0-9a-f]+)/g)].map(([, hex]) => Number.parseInt(hex!, 16));
    const seen: number[][] = [];
    const hook = () => seen.push(offsetsIn(new Error().stack));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(result.bytes), { env: { hook } });
    try {
      (exports['i32.load'] as (p: number) => void)(-1);
    } catch (error) {
      seen.push(offsetsIn((error as Error).stack));
    }
    expect(seen.map(([offset]) => offset)).not.toContain(site!.offset);
    expect(seen.map((offsets) => offsets.map(result.original))).toEqual([[site!.offset], [site!.offset]]);
  });

  it.each(['missing', 'i32.load', 'memory'])('needs a hook of its type, which %s is not', (hook) => {
    const module = assemble([accessFunction(load, 0)]);
    expect(() => hookAccesses(module, { hook, skip: () => false })).toThrow(
      expect.objectContaining({ code: 'E_HOOK', message: expect.stringContaining(hook) }),
    );
  });
});
