// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, it } from 'vitest';
import { memoryAccesses } from '../../src/engine/instrument/memory-accesses.js';
import { sitesOf } from '../../src/engine/instrument/sites.js';
import { accessSpans } from '../../src/layout/access-spans.js';
import { definitionsIn, recordLayout } from '../../src/layout/record-layouts.js';
import { type AccessSpan, spansOf } from '../../src/layout/spans/access-span.js';
import { accessorUnit } from '../../src/layout/spans/accessors.js';
import { Touched } from '../../src/layout/spans/touched.js';
import { targetOf } from '../../src/layout/targets.js';
import type { BitfieldAccess } from '../../src/toolchain/types.js';
import { closeToolchains, programAt, toolchain } from '../support/race.js';
import { expectWithin, shown } from './spans.js';

afterAll(closeToolchains);

const wasm32 = targetOf('wasm32');

/** Where the value lies, and the struct at 0: further than any field, to distinguish the two. */
const FAR = 100_000;

/** What a module's functions do to the struct. */
function moduleAccesses(module: Uint8Array): Map<string, Touched> {
  const functions = new Map<string, Touched>();
  const immediates = new Map(memoryAccesses(module).map((access) => [access.site, access.immediate]));
  for (const { site, kind, bytes, function: name } of sitesOf(module)) {
    const touched = functions.get(name) ?? new Touched();
    functions.set(name, touched);
    const range = { offset: immediates.get(site)!, size: bytes! };
    if (range.offset >= FAR) continue;
    (kind === 'load' ? touched.reads : touched.writes).push(range);
  }
  return functions;
}

describe('the module’s instructions', () => {
  it.each(['fine', 'wide'] as const)(
    'access what the intermediate code does, %s',
    async (bitfieldAccess: BitfieldAccess) => {
      const llvm = await toolchain();
      for (const [stage, name] of [
        ['base', 'vfio_pci_core_device'],
        ['p3', 'vfio_pci_core_device'],
        ['base', 'mlx5vf_pci_core_device'],
      ] as const) {
        const { tree } = await programAt(stage);
        const path = definitionsIn(tree).get(name)!;
        const struct = await recordLayout(llvm, tree, name, wasm32);
        const unit = accessorUnit(struct, path, () => true);
        // At addresses that are known, so that an access has all of its own in the instruction.
        const exported = unit.text.replace(
          /^void (\w+)\(([^,]+) \*p, ([^,]+) \*v\) \{(.*)\}$/gm,
          (_, name, type, value, body: string) =>
            `__attribute__((export_name("${name}"))) void ${name}(void) {` +
            `${body.replace('p->', `((${type} *)0)->`).replace(/\*v(?= =|;)/, `*((${value} *)${FAR})`)}}`,
        );
        const files = new Map(tree).set(unit.path, exported);
        const object = await llvm.compile(unit.path, files, { bitfieldAccess, optimize: '2' });
        const module = await llvm.link(new Map([['accessors.o', object.bytes]]));
        const seen = spansOf(unit.accessors, moduleAccesses(module.bytes));
        const spans = await accessSpans(llvm, tree, path, struct, wasm32, bitfieldAccess);
        // A read alone may take fewer bytes: of a unit of 16 bits, the byte that the flag is in.
        const writes = (all: ReadonlyMap<string, AccessSpan>) =>
          [...all].map(([path, { write, span }]) => [path, shown(write), shown(span)]);
        expect(writes(seen)).toEqual(writes(spans));
        expectWithin(seen, spans, struct, true);
      }
    },
  );
});
