// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { Tag } from '../../src/layout/dwarf/constants.js';
import { Dwarf } from '../../src/layout/dwarf/dwarf.js';
import { NameIndex } from '../../src/layout/dwarf/name-index.js';
import { DwarfParts } from '../../src/layout/dwarf/parts.js';
import { TypeReader } from '../../src/layout/dwarf/type-reader.js';
import type { StructType } from '../../src/layout/types.js';
import { compileOutside, onPath } from '../layout/compile.js';
import { elfSections } from '../layout/elf-sections.js';
import { build, closeToolchains, programAt } from '../support/race.js';

afterAll(closeToolchains);

const tags = { tracker: 'mlx5_vhca_page_tracker', device: 'mlx5vf_pci_core_device' } as const;
type Structs = Readonly<Record<keyof typeof tags, StructType>>;

async function onWasm(stage: string): Promise<Structs> {
  const info = DebugInfo.fromWasm((await build(stage)).bytes);
  return { tracker: info.struct(tags.tracker), device: info.struct(tags.device) };
}

/** What gcc makes of a stage for the machine that the kernel was measured on. */
async function onX86(stage: string): Promise<Structs> {
  const folder = mkdtempSync(join(tmpdir(), 'lostbit-stage-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of (await programAt(stage)).tree) {
    if (!path.endsWith('.h')) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const program = `#include "vfio/pci/mlx5/cmd.h"\nstruct ${tags.tracker} tracker;\nstruct ${tags.device} device;\n`;
  const paths = ['-nostdinc', '-ffreestanding', '-I', folder, '-I', join(folder, 'include')];
  const gcc = ['gcc', '-x', 'c', '-std=gnu11', '-g', '-gdwarf-4', '-nostdlib', '-static', '-Wl,-e0'];
  const linked = compileOutside(program, [[...gcc, ...paths, '{in}', '-o', '{out}']]);
  const dwarf = new Dwarf(elfSections(linked));
  const names = new NameIndex(new DwarfParts([dwarf]));
  const types = new TypeReader(names);
  const read = (tag: string) => types.read(names.definitions(Tag.structureType, tag)[0]!) as StructType;
  return { tracker: read(tags.tracker), device: read(tags.device) };
}

const member = (struct: StructType, name: string) => {
  const found = struct.members.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

/** Byte (from the given member's end) and bit of each flag; `null` where it is a byte of its own. */
function places(struct: StructType, after: string, flags: readonly string[]) {
  const { offset, type } = member(struct, after);
  return Object.fromEntries(
    flags.map((name) => {
      const flag = member(struct, name);
      return [name, [flag.offset - offset - type.size, flag.bit]];
    }),
  );
}

const order = ({ members }: StructType) => members.map(({ name }) => name);

const lasting = [
  'tracker_comp',
  'state_mutex',
  'mig_state',
  'reset_lock',
  'resuming_migf',
  'saving_migf',
  'tracker',
  'cb_wq',
  'nb',
  'mdev',
];
const deviceFlags = ['migrate_cap', 'deferred_reset', 'mdev_detach', 'log_active', 'chunk_mode'];
const trackerFlags = ['is_err', 'object_changed'];

const has = { x86: onPath('gcc') && process.arch === 'x64' && process.platform === 'linux' };

// Pointers are half as long on wasm32, so that it has other offsets behind the first of them, and shorter holes.
describe.each([
  ['wasm32', onWasm, { aligned: 4, skip: false }],
  ['x86_64, by gcc', onX86, { aligned: 8, skip: !has.x86 }],
] as const)('on %s', (_, structs, { aligned, skip }) => {
  test.skipIf(skip).each(['base', 'p3'])('the flags at %s are bits of one byte a struct', async (stage) => {
    const { tracker, device } = await structs(stage);
    expect(places(tracker, 'pdn', trackerFlags)).toEqual({ is_err: [0, 0], object_changed: [0, 1] });
    expect(order(tracker)).toEqual([
      ...['id', 'pdn', 'is_err', 'object_changed', 'uar', 'cq', 'host_qp', 'fw_qp', 'nb', 'status'],
    ]);
    expect(member(tracker, 'uar').offset).toBe(8 + aligned);

    expect(places(device, 'vhca_id', deviceFlags)).toEqual({
      migrate_cap: [0, 0],
      deferred_reset: [0, 1],
      mdev_detach: [0, 2],
      log_active: [0, 3],
      chunk_mode: [0, 4],
    });
    expect(order(device)).toEqual(['core_device', 'vf_id', 'vhca_id', ...deviceFlags, ...lasting]);
    expect(member(device, 'tracker_comp').offset).toBe(member(device, 'vf_id').offset + 8);
  });

  test.skipIf(skip).each(['p4', 'p5'])(
    'what changes at run time has a byte of its own at %s',
    async (stage) => {
      const { tracker, device } = await structs(stage);
      expect(places(tracker, 'pdn', trackerFlags)).toEqual({ is_err: [0, null], object_changed: [1, null] });
      expect(order(tracker)).toEqual([
        ...['id', 'pdn', 'is_err', 'object_changed', 'status', 'uar', 'cq', 'host_qp', 'fw_qp', 'nb'],
      ]);
      expect(member(tracker, 'status').offset).toBe(12);
      expect(member(tracker, 'uar').offset).toBe(16);

      expect(places(device, 'vhca_id', deviceFlags)).toEqual({
        migrate_cap: [0, 0],
        chunk_mode: [0, 1],
        mdev_detach: [1, null],
        log_active: [2, null],
        deferred_reset: [3, null],
      });
      expect(order(device)).toEqual([
        ...['core_device', 'vf_id', 'vhca_id', 'migrate_cap', 'chunk_mode'],
        ...['mdev_detach', 'log_active', 'deferred_reset', ...lasting],
      ]);
      expect(member(device, 'tracker_comp').offset).toBe(
        member(device, 'vf_id').offset + (aligned === 4 ? 12 : 16),
      );
    },
  );
});

describe.skipIf(!has.x86)('on x86_64, byte for byte as the kernel has them', () => {
  test.each([
    ['base', { uar: 16, cq: 24, host_qp: 304, fw_qp: 312, nb: 320, status: 352 }, 360, 1464, 1960],
    ['p4', { status: 12, uar: 16, cq: 24, host_qp: 304, fw_qp: 312, nb: 320 }, 352, 1472, 1968],
  ] as const)('at %s', async (stage, offsets, tracker, core, device) => {
    const structs = await onX86(stage);
    for (const [name, offset] of Object.entries(offsets))
      expect(member(structs.tracker, name).offset, name).toBe(offset);
    expect(structs.tracker.size).toBe(tracker);
    expect(member(structs.device, 'vf_id').offset).toBe(core);
    expect(structs.device.size).toBe(device);
  });
});
