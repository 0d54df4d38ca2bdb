// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Access, Interleaving } from '../../src/engine/interleaving.js';

/** The byte of `struct vfio_pci_core_device` in which two vCPUs meet. */
export const flags = {
  address: 0x10_a510,
  bytes: 1,
  place: 'A+0x110',
  span: [
    'has_dyn_msix',
    'pci_2_3',
    'virq_disabled',
    'reset_works',
    'extended_caps',
    'bardirty',
    'has_vga',
    'needs_reset',
  ].map((name, bit) => ({ name: `A.${name}`, mask: 1n << BigInt(bit) })),
} as const;

const unnamed: Omit<Access, 'address' | 'bytes' | 'place' | 'object'> = {
  actor: 0,
  kind: 'load',
  fields: [],
  oneOf: [],
  span: [],
  within: null,
  mask: 0xffn,
  unsure: 0n,
  before: 0n,
  after: 0n,
  stack: [],
  step: 0,
  context: 'process',
  locks: [],
  shared: [],
  contended: false,
};

/** An access of memory without a name. */
export function access(of: Partial<Access> = {}): Access {
  const address = of.address ?? 0x20_0000;
  const bare = `0x${address.toString(16)}`;
  return { ...unnamed, address, bytes: 1, place: bare, object: of.fields?.[0] ?? bare, ...of };
}

/** A read or a write of a flag in the byte of flags. */
export function flag(name: 'virq_disabled' | 'bardirty', of: Partial<Access> = {}): Access {
  const mask = name === 'virq_disabled' ? 0x04n : 0x20n;
  return access({ ...flags, fields: [`A.${name}`], mask, ...of });
}

export function lock(kind: 'acquire' | 'try-acquire' | 'release', of: Partial<Access> = {}): Access {
  return access({ kind, address: 0x10_a56c, bytes: 4, object: 'A.memory_lock', place: 'A+0x16c', ...of });
}

const [masker, mover] = [0, 1];
const at = (name: string, line: number, file = 'vfio/pci/vfio_pci_config.c') => [
  { function: name, file, line },
  { function: 'vfio_pci_config_rw', file: 'vfio/pci/vfio_pci_config.c', line: 620 },
];
const follow = (line: number) => at('follow_virtual_intx_disable', line);
const basic = at('vfio_basic_config_write', 344);

/** The masker has read the flags, and writes them back over the mover's. */
export const lostBarWrite: Interleaving = {
  actors: ['masker', 'mover'],
  accesses: [
    lock('acquire', { actor: masker }),
    access({
      actor: masker,
      kind: 'store',
      address: 0x11_0004,
      bytes: 2,
      fields: ['A.pdev.command'],
      place: 'A.pdev+0x4',
      span: [{ name: 'A.pdev.command', mask: 0xffffn }],
      mask: 0xffffn,
      after: 0x400n,
      stack: [
        {
          function: 'stub_config_write',
          file: 'kernel/pci_config.c',
          line: 88,
        },
        ...at('write_command', 301),
      ],
      locks: ['A.memory_lock'],
    }),
    lock('release', { actor: masker }),
    flag('virq_disabled', { actor: masker, stack: follow(321) }),
    flag('virq_disabled', { actor: masker, stack: follow(322) }),
    access({ actor: mover }),
    access({ actor: mover, address: 0x20_0001 }),
    flag('bardirty', { actor: mover, stack: basic }),
    flag('bardirty', { actor: mover, kind: 'store', after: 0x20n, stack: basic }),
    access({ actor: mover }),
    flag('virq_disabled', {
      actor: masker,
      kind: 'store',
      before: 0x20n,
      after: 0x04n,
      stack: follow(322),
    }),
    access({ actor: masker, address: 0x20_0002, stack: follow(323) }),
  ],
  // The load that the last store was made from, what it writes over, and that store.
  decisive: [4, 8, 10],
  observed: [3, 4, 7, 8, 10],
  returned: [[{ value: 0, observed: false }], [{ value: 0, observed: false }]],
  preemptions: 1,
  waits: [null, null],
};

export const steps = {
  masker: ['config_write A 4 2 0x400'],
  mover: ['config_write A 0x10 4 0xe0000000'],
};
