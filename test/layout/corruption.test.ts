// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { LostbitError } from '../../src/errors.js';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { spell } from '../../src/layout/spell.js';
import { bare, type Type } from '../../src/layout/types.js';
import { resolveFieldPath } from '../../src/machine/field-path.js';
import { customSections } from '../../src/wasm/sections.js';
import { damaged } from '../support/seed.js';
import { compileWasm } from './compile.js';
import { wrapInWasm } from './dwarf-builder.js';

const driver = readFileSync(new URL('fixtures/driver.c', import.meta.url), 'utf8');

/** Milliseconds; a sound module takes one. Not a measurement: it catches what never ends. */
const PATIENCE = 10_000;

/** Asks a module everything it can be asked; each question may be refused, but only as a LostbitError. */
function interrogate(module: Uint8Array): void {
  const info = refusable(() => DebugInfo.fromWasm(module));
  if (info === null) return;
  for (const name of info.structNames()) {
    const struct = refusable(() => info.struct(name));
    if (struct === null) continue;
    refusable(() => look(struct, new Set()));
    for (const { name: member } of struct.members) refusable(() => resolveFieldPath(struct, member ?? '?'));
    refusable(() => resolveFieldPath(struct, 'no_such_member'));
  }
  for (const name of ['the_device', 'hidden', 'state', 'inside']) refusable(() => info.variable(name));
  for (const name of ['power_state', 'wide']) refusable(() => info.enumeration(name));
}

/** Everything that can be reached from a type, up to some hundred types. */
function look(type: Type, seen: Set<Type>): void {
  if (seen.has(type) || seen.size > 300) return;
  seen.add(type);
  expect(spell(type).length).toBeGreaterThan(0);
  const inner = bare(type);
  if (inner.kind === 'pointer') look(inner.target, seen);
  if (inner.kind === 'array') look(inner.element, seen);
  if (inner.kind === 'function')
    for (const parameter of [inner.returns, ...inner.parameters]) look(parameter, seen);
  if (inner.kind === 'struct' || inner.kind === 'union')
    for (const { type } of inner.members) look(type, seen);
}

function refusable<T>(ask: () => T): T | null {
  try {
    return ask();
  } catch (error) {
    if (error instanceof LostbitError) return null;
    throw error;
  }
}

describe.each(['-gdwarf-4', '-gdwarf-5'])('corrupt modules, %s', (dwarf) => {
  let sections: Map<string, Uint8Array>;
  beforeAll(async () => {
    const module = await compileWasm({ 'driver.c': driver }, ['-O2', dwarf]);
    sections = new Map([...customSections(module)].filter(([name]) => name.startsWith('.debug_')));
  });

  const change = (name: string, edit: (bytes: Uint8Array) => Uint8Array) =>
    wrapInWasm(
      new Map([...sections].map(([key, bytes]) => [key, key === name ? edit(bytes.slice()) : bytes])),
    );

  function check(module: Uint8Array): void {
    const start = performance.now();
    interrogate(module);
    expect(performance.now() - start).toBeLessThan(PATIENCE);
  }

  const section = fc.constantFrom(
    '.debug_info',
    '.debug_info',
    '.debug_abbrev',
    '.debug_str',
    '.debug_str_offsets',
    '.debug_addr',
  );

  it('are refused or read, when bytes have changed', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(section, damage, (name, edits) => {
        check(
          change(name, (bytes) => {
            for (const [at, value] of edits) bytes[at % bytes.length] = value;
            return bytes;
          }),
        );
      }),
      { numRuns: damaged(375) },
    );
  });

  it('are refused or read, when single bits have flipped', () => {
    fc.assert(
      fc.property(section, fc.nat(), fc.nat(7), (name, at, bit) => {
        check(
          change(name, (bytes) => {
            bytes[at % bytes.length]! ^= 1 << bit;
            return bytes;
          }),
        );
      }),
      { numRuns: damaged(375) },
    );
  });

  it('are refused or read, when a section is cut short', () => {
    fc.assert(
      fc.property(section, fc.nat(), (name, at) => {
        check(change(name, (bytes) => bytes.subarray(0, at % (bytes.length + 1))));
      }),
      { numRuns: damaged(125) },
    );
  });

  it('are refused or read, when they are cut short themselves', () => {
    const whole = wrapInWasm(sections);
    for (let length = 0; length < whole.length; length += 1 + (length >> 4))
      interrogate(whole.subarray(0, length));
  });

  it('is read whole when nothing has changed', () => {
    expect(DebugInfo.fromWasm(wrapInWasm(sections)).struct('core_device').members.length).toBeGreaterThan(15);
  });
});
