// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, it } from 'vitest';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { fieldsOf, holesOf } from '../../src/layout/fields.js';
import type { LayoutSource } from '../../src/layout/open-layouts.js';
import { recordLayouts } from '../../src/layout/record-layouts.js';
import { targetOf } from '../../src/layout/targets.js';
import type { StructType } from '../../src/layout/types.js';
import { build, closeToolchains, programAt, toolchain } from '../support/race.js';

afterAll(closeToolchains);

/**
 * What is known of the kernel's structs, stated without a compiler: the order of fields, which of them are bits of one
 * byte, and sizes. From these every offset follows, for pointers of eight bytes and of four.
 */

type Machine = 'x86_64' | 'wasm32';
type Stage = 'base' | 'p1' | 'p2' | 'p3' | 'p4' | 'p5';
/** Bytes and alignment. */
type Shape = readonly [size: number, alignment: number];
type Declared = readonly [name: string, type: string];

const pointer: Readonly<Record<Machine, number>> = { x86_64: 8, wasm32: 4 };

/**
 * Sizes of the kernel's own types where they are held by value. On x86_64 they are those of a 6.12 kernel with its
 * default configuration; on wasm32 they are the stub kernel's, which nothing else fixes.
 */
const kernelTypes: Readonly<Record<string, readonly [x86: Shape, wasm: Shape]>> = {
  vfio_device: [
    [1056, 8],
    [200, 4],
  ],
  mutex: [
    [32, 8],
    [20, 4],
  ],
  rw_semaphore: [
    [40, 8],
    [24, 4],
  ],
  completion: [
    [32, 8],
    [16, 4],
  ],
  mlx5_vhca_cq: [
    [280, 8],
    [40, 4],
  ],
  xarray: [
    [16, 8],
    [12, 4],
  ],
  notifier_block: [
    [24, 8],
    [12, 4],
  ],
  list_head: [
    [16, 8],
    [8, 4],
  ],
  mlx5_nb: [
    [32, 8],
    [16, 4],
  ],
  spinlock: [
    [4, 4],
    [4, 4],
  ],
};
/** Those that are as long as the kernel's because the sources here say so, and not because of what is in them. */
const given = ['vfio_device', 'mutex', 'rw_semaphore', 'mlx5_vhca_cq'];
const filling = /^(padding|reserved|kernel_has_more)$/;

const scalars: Readonly<Record<string, number>> = { u8: 1, bool: 1, u16: 2, u32: 4, int: 4, enum: 4 };
const all = (type: string, ...names: string[]): Declared[] => names.map((name) => [name, type]);

/** The flags at each stage: what fills the hole behind the BARs, the bits, and the bytes behind them. */
function coreFlags(stage: Stage): { early: string[]; bits: string[]; bytes: string[] } {
  const packed = [
    ...['has_dyn_msix', 'pci_2_3', 'virq_disabled', 'reset_works', 'extended_caps', 'bardirty', 'has_vga'],
    ...['needs_reset', 'nointx', 'needs_pm_restore', 'pm_intx_masked', 'pm_runtime_engaged'],
  ];
  if (stage === 'base') return { early: [], bits: packed, bytes: ['sriov_active'] };
  if (stage === 'p1' || stage === 'p2')
    return { early: [], bits: [...packed, 'disable_idle_d3'], bytes: ['sriov_active'] };
  const early = ['virq_disabled', 'bardirty'];
  const running = ['needs_reset', 'pm_intx_masked', 'pm_runtime_engaged', 'sriov_active'];
  const lasting = [...packed, 'disable_idle_d3'].filter((flag) => ![...early, ...running].includes(flag));
  const latched = stage === 'p5' ? ['nointxmask', 'disable_vga'] : [];
  return { early, bits: [...lasting, ...latched], bytes: running };
}

function core(stage: Stage): Declared[] {
  const { early, bits, bytes } = coreFlags(stage);
  return [
    ['vdev', 'vfio_device'],
    ...all('*', 'pdev'),
    ['barmap', '*[6]'],
    ['bar_mmap_supported', 'bool[6]'],
    ...all('bool', ...early),
    ...all('*', 'pci_config_map', 'vconfig', 'msi_perm'),
    ['irqlock', 'spinlock'],
    ['igate', 'mutex'],
    ['ctx', 'xarray'],
    ...all('int', 'irq_type', 'num_regions'),
    ...all('*', 'region'),
    ...all('u8', 'msi_qmax', 'msix_bar'),
    ['msix_size', 'u16'],
    ['msix_offset', 'u32'],
    ['rbar', 'u32[7]'],
    ...all('bit', ...bits),
    ...all('bool', ...bytes),
    ...all('*', 'pci_saved_state', 'pm_save'),
    ['ioeventfds_nr', 'int'],
    ...all('*', 'err_trigger', 'req_trigger', 'pm_wake_eventfd_ctx'),
    ['dummy_resources_list', 'list_head'],
    ['ioeventfds_lock', 'mutex'],
    ['ioeventfds_list', 'list_head'],
    ...all('*', 'vf_token'),
    ['sriov_pfs_item', 'list_head'],
    ...all('*', 'sriov_pf_core_dev'),
    ['nb', 'notifier_block'],
    ['memory_lock', 'rw_semaphore'],
  ];
}

const isApart = (stage: Stage) => stage === 'p4' || stage === 'p5';

function tracker(stage: Stage): Declared[] {
  const flags = all(isApart(stage) ? 'u8' : 'bit', 'is_err', 'object_changed');
  const status = all('int', 'status');
  return [
    ...all('u32', 'id', 'pdn'),
    ...flags,
    ...(isApart(stage) ? status : []),
    ...all('*', 'uar'),
    ['cq', 'mlx5_vhca_cq'],
    ...all('*', 'host_qp', 'fw_qp'),
    ['nb', 'mlx5_nb'],
    ...(isApart(stage) ? [] : status),
  ];
}

function device(stage: Stage): Declared[] {
  const flags = isApart(stage)
    ? [
        ...all('bit', 'migrate_cap', 'chunk_mode'),
        ...all('u8', 'mdev_detach', 'log_active', 'deferred_reset'),
      ]
    : all('bit', 'migrate_cap', 'deferred_reset', 'mdev_detach', 'log_active', 'chunk_mode');
  return [
    ['core_device', 'core'],
    ['vf_id', 'int'],
    ['vhca_id', 'u16'],
    ...flags,
    ['tracker_comp', 'completion'],
    ['state_mutex', 'mutex'],
    ['mig_state', 'enum'],
    ['reset_lock', 'spinlock'],
    ...all('*', 'resuming_migf', 'saving_migf'),
    ['tracker', 'tracker'],
    ...all('*', 'cb_wq'),
    ['nb', 'notifier_block'],
    ...all('*', 'mdev'),
  ];
}

interface Expected {
  readonly size: number;
  readonly alignment: number;
  /** `offset`, or `offset:bit`, in the order of the declaration. */
  readonly fields: readonly (readonly [name: string, place: string])[];
  /** Unused bytes behind a field, all of whose bits are used or not. */
  readonly holes: Readonly<Record<string, number>>;
  /** Unused bits of the last byte of a run of bits. */
  readonly spare: Readonly<Record<string, number>>;
}

function shapeOf(type: string, machine: Machine, stage: Stage): Shape {
  const array = /^(.*)\[(\d+)\]$/.exec(type);
  if (array !== null) {
    const [size, alignment] = shapeOf(array[1]!, machine, stage);
    return [size * Number(array[2]), alignment];
  }
  if (type === '*') return [pointer[machine], pointer[machine]];
  if (type === 'core' || type === 'tracker') {
    const { size, alignment } = laidOut(type === 'core' ? core(stage) : tracker(stage), machine, stage);
    return [size, alignment];
  }
  const scalar = scalars[type];
  return scalar === undefined ? kernelTypes[type]![machine === 'x86_64' ? 0 : 1] : [scalar, scalar];
}

/** Each field where the one before ends, rounded up to its alignment; bits from the byte's least significant on. */
function laidOut(declared: readonly Declared[], machine: Machine, stage: Stage): Expected {
  const fields: [string, string][] = [];
  const holes: Record<string, number> = {};
  const spare: Record<string, number> = {};
  let end = 0;
  let bit = 0;
  let most = 1;
  let last = '';
  for (const [name, type] of declared) {
    if (type === 'bit') {
      fields.push([name, `${bit === 0 ? end : end - 1}:${bit}`]);
      if (bit === 0) end++;
      bit = (bit + 1) % 8;
    } else {
      if (bit > 0) spare[last] = 8 - bit;
      bit = 0;
      const [size, alignment] = shapeOf(type, machine, stage);
      const start = Math.ceil(end / alignment) * alignment;
      if (start > end) holes[last] = start - end;
      fields.push([name, `${start}`]);
      end = start + size;
      most = Math.max(most, alignment);
    }
    last = name;
  }
  const size = Math.ceil(end / most) * most;
  if (size > end) holes[last] = size - end;
  return { size, alignment: most, fields, holes, spare };
}

const tags = {
  core: 'vfio_pci_core_device',
  tracker: 'mlx5_vhca_page_tracker',
  device: 'mlx5vf_pci_core_device',
} as const;
const declarations = { core, tracker, device } as const;
type Struct = keyof typeof tags;

type Source = Pick<LayoutSource, 'struct'>;

const opened: Readonly<Record<Machine, (stage: Stage) => Promise<Source>>> = {
  wasm32: async (stage) => DebugInfo.fromWasm((await build(stage)).bytes),
  x86_64: async (stage) => {
    const { tree } = await programAt(stage);
    return recordLayouts(await toolchain(), tree, 'vfio/pci/mlx5/cmd.h', targetOf('x86_64'));
  },
};
const known = new Map<string, Promise<Source>>();

async function read(machine: Machine, stage: Stage, tag: string): Promise<StructType> {
  const key = `${machine} ${stage}`;
  const source = known.get(key) ?? opened[machine](stage);
  known.set(key, source);
  return (await source).struct(tag);
}

/** What was read, in the form of what is expected. */
function described(struct: StructType): Omit<Expected, 'alignment'> {
  const fields = fieldsOf(struct);
  const before = (offset: number) => fields.findLast((field) => field.start < offset * 8)!.path;
  const found = holesOf(struct);
  return {
    size: struct.size,
    fields: fields.map(({ path, offset, bit }) => [path, bit === null ? `${offset}` : `${offset}:${bit}`]),
    holes: Object.fromEntries(
      found.filter(({ bits }) => bits === null).map(({ offset, size }) => [before(offset), size]),
    ),
    spare: Object.fromEntries(
      found.filter(({ bits }) => bits !== null).map(({ offset, bits }) => [before(offset + 1), bits!]),
    ),
  };
}

const stages = ['base', 'p1', 'p3', 'p4', 'p5'] as const;
const names = ['wasm32', 'x86_64'] as const;
const structs = Object.keys(tags) as Struct[];

describe.each(names)('on %s', (machine) => {
  it.each(structs.flatMap((struct) => stages.map((stage) => ({ struct, stage }))))(
    '$struct at $stage has each field, bit and hole where the kernel’s order puts it',
    async ({ struct, stage }) => {
      const { alignment: _, ...expected } = laidOut(declarations[struct](stage), machine, stage);
      expect(described(await read(machine, stage, tags[struct]))).toEqual(expected);
    },
  );

  it('has the kernel’s own types as large as is assumed', async () => {
    for (const [name, shapes] of Object.entries(kernelTypes))
      expect((await read(machine, 'base', name)).size, name).toBe(shapes[machine === 'x86_64' ? 0 : 1][0]);
  });
});

it('knows which types of the kernel are filled up to their size, and are as large by what is in them', async () => {
  const filled: string[] = [];
  for (const name of Object.keys(kernelTypes)) {
    const { members } = await read('x86_64', 'base', name);
    if (members.some((member) => filling.test(member.name ?? ''))) filled.push(name);
  }
  expect(filled).toEqual(given);
});

/** The figures themselves, as they were measured in a kernel. */
describe('the kernel’s figures for x86_64', () => {
  const at = (struct: Struct, stage: Stage, ...wanted: string[]) => {
    const { fields } = laidOut(declarations[struct](stage), 'x86_64', stage);
    return wanted.map((name) => fields.find(([field]) => field === name)?.[1]);
  };

  it('are what the order of fields comes to', () => {
    const fixed = [
      'vdev',
      'pdev',
      'barmap',
      'bar_mmap_supported',
      'pci_config_map',
      'irqlock',
      'igate',
      'ctx',
    ];
    for (const stage of stages) {
      expect(at('core', stage, ...fixed, 'irq_type', 'region', 'msi_qmax', 'rbar', 'has_dyn_msix')).toEqual([
        ...['0', '1056', '1064', '1112', '1120', '1144', '1152', '1184'],
        ...['1200', '1208', '1216', '1224', '1252:0'],
      ]);
    }
    const tracked = ['uar', 'cq', 'host_qp', 'fw_qp', 'nb', 'status'];
    expect(at('tracker', 'base', ...tracked)).toEqual(['16', '24', '304', '312', '320', '352']);
    expect(at('tracker', 'p4', ...tracked)).toEqual(['16', '24', '304', '312', '320', '12']);
  });

  it.each([
    // What lies behind the flags, the holes beside them, and sizes: core struct, tracker, device.
    { stage: 'base', saved: 1256, behind: 1, bars: 2, sizes: [1464, 360, 1960], tracked: 7, flags: 1 },
    { stage: 'p1', saved: 1256, behind: 1, bars: 2, sizes: [1464, 360, 1960], tracked: 7, flags: 1 },
    { stage: 'p3', saved: 1264, behind: 7, bars: undefined, sizes: [1472, 360, 1968], tracked: 7, flags: 1 },
    { stage: 'p4', saved: 1264, behind: 7, bars: undefined, sizes: [1472, 352, 1968], tracked: 2, flags: 6 },
    { stage: 'p5', saved: 1264, behind: 6, bars: undefined, sizes: [1472, 352, 1968], tracked: 2, flags: 6 },
  ] as const)(
    'are its sizes and holes at $stage',
    ({ stage, saved, behind, bars, sizes, tracked, flags }) => {
      const [one, two, three] = structs.map((struct) =>
        laidOut(declarations[struct](stage), 'x86_64', stage),
      );
      expect([one!.size, two!.size, three!.size]).toEqual(sizes);
      expect(at('core', stage, 'pci_saved_state')).toEqual([`${saved}`]);
      expect(one!.holes).toEqual({
        ...(bars === undefined ? {} : { bar_mmap_supported: bars }),
        ...{ irqlock: 4, sriov_active: behind, ioeventfds_nr: 4 },
      });
      expect(two!.holes.object_changed).toBe(tracked);
      expect(three!.holes[isApart(stage) ? 'deferred_reset' : 'chunk_mode']).toBe(flags);
    },
  );
});

it('grows less where pointers have four bytes', () => {
  const size = (struct: Struct, stage: Stage) => laidOut(declarations[struct](stage), 'wasm32', stage).size;
  const grown = (struct: Struct, from: Stage, to: Stage) => size(struct, to) - size(struct, from);
  expect([grown('core', 'base', 'p2'), grown('core', 'p2', 'p3'), grown('core', 'p3', 'p5')]).toEqual([
    0, 4, 0,
  ]);
  // On wasm32 the moved status needs as much as the hole behind the flags and its own place gave.
  expect([grown('tracker', 'p3', 'p4'), grown('device', 'p3', 'p4')]).toEqual([0, 4]);
});
