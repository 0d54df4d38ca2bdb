// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { constants } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  bind,
  close,
  configRead,
  configUnblock,
  configWrite,
  type DeviceSpec,
  deviceInfo,
  disableVf,
  enableVf,
  errorEventfd,
  fail,
  hotReset,
  hotResetInfo,
  intxEnable,
  ioeventfd,
  irqInfo,
  load,
  lowPowerEntry,
  message,
  msiEnable,
  msixEnable,
  open,
  paramWrite,
  pciError,
  qpError,
  regionInfo,
  regionRead,
  regionWrite,
  reset,
  type Step,
  setIrqs,
  sriov,
  unbind,
  unload,
  VFIO_IRQ_SET_ACTION_MASK,
  VFIO_IRQ_SET_ACTION_TRIGGER,
  VFIO_IRQ_SET_ACTION_UNMASK,
  VFIO_IRQ_SET_DATA_BOOL,
  VFIO_IRQ_SET_DATA_EVENTFD,
  VFIO_IRQ_SET_DATA_NONE,
  VFIO_PCI_CONFIG_REGION_INDEX,
  VFIO_PCI_ROM_REGION_INDEX,
  VFIO_PCI_VGA_REGION_INDEX,
} from '../../subjects/vfio-pci/index.js';
import { OneMachine, type RawStep } from '../support/one-machine.js';
import { build, closeToolchains } from '../support/race.js';

const devices = {
  /** What most cases are about. */
  A: { intx: true, bus: 1, flr: true, express: true, msi: 4, msix: 8, vfs: 4 },
  /** Neither bound nor with anything to it. */
  B: {},
  C: { bus: 1 },
  /** Denied to users. */
  D: { denylisted: true },
  /** Bound and open, and with nothing to it. */
  E: {},
  F: { vga: true },
  /** Of no adapter that is here. */
  G: { virtfn: true },
} satisfies Record<string, DeviceSpec>;
type Device = keyof typeof devices;
type AnyStep = Step<Device> | RawStep;

const bound = [load('vfio-pci'), bind('A')];
const opened = [...bound, open('A')];
const plainOpened = [load('vfio-pci'), bind('E'), open('E')];
const { ACTION, DATA } = {
  ACTION: {
    mask: VFIO_IRQ_SET_ACTION_MASK,
    unmask: VFIO_IRQ_SET_ACTION_UNMASK,
    trigger: VFIO_IRQ_SET_ACTION_TRIGGER,
  },
  DATA: { none: VFIO_IRQ_SET_DATA_NONE, bool: VFIO_IRQ_SET_DATA_BOOL, fd: VFIO_IRQ_SET_DATA_EVENTFD },
};
const none = { flags: DATA.none | ACTION.trigger, count: 1 };
/** A descriptor of nothing: in the middle of other memory, and beyond all. */
const noFile = 1001;
const nowhere = 0x7fff_fff0;
const raw = (op: string, device: number | null, ...args: number[]): RawStep => ({ op, device, args });
/** Feature ioctl flags. */
const SET = 0x2_0000;
const GET = 0x1_0000;

type Case = readonly [what: string, setup: readonly AnyStep[], step: AnyStep, errno: keyof typeof errnos];
const errnos = { ...constants.errno, ok: 0 };

const cases: readonly (readonly [group: string, cases: readonly Case[]])[] = [
  [
    'devices and drivers',
    [
      ['open of an unbound device', [load('vfio-pci')], open('B'), 'ENODEV'],
      ['open without any driver', [], open('A'), 'ENODEV'],
      ['open of an open device', opened, open('A'), 'EBUSY'],
      ['close of a closed device', bound, close('A'), 'EBADF'],
      ['bind to a driver that is not loaded', [], bind('A'), 'ENOENT'],
      ['bind to a driver that there is not', bound, raw('bind', 1, 77), 'ENOENT'],
      ['bind twice', bound, bind('A'), 'EBUSY'],
      ['bind to another driver', [...bound, load('variant')], bind('A', 'variant'), 'EBUSY'],
      ['bind of a device on the denylist', [load('vfio-pci')], bind('D'), 'EINVAL'],
      ['bind of it where the list is off', [load('vfio-pci', 'disable_denylist')], bind('D'), 'ok'],
      ['bind of it to another driver', [load('variant')], bind('D', 'variant'), 'ok'],
      ['bind to a driver that is for others, as an override can', [load('mlx5')], bind('A', 'mlx5'), 'ok'],
      ['bind of a VF to one that looks for its PF', [load('mlx5')], bind('G', 'mlx5'), 'ok'],
      ['unbind of an unbound device', [load('vfio-pci')], unbind('B'), 'ENODEV'],
      ['unbind of an open device', opened, unbind('A'), 'EBUSY'],
      ['bind where there is no slot', bound, raw('bind', 99, 0), 'ENODEV'],
      ['bind where the slot is empty', bound, raw('bind', 7, 0), 'ENODEV'],
      ['open where there is no slot', bound, raw('open', 0xffff_ffff), 'ENODEV'],
      ['a config read where there is no slot', bound, raw('config_read', 8, 0, 4), 'ENODEV'],
      ['an interrupt where there is no slot', bound, raw('interrupt', 8), 'ENODEV'],
      ['unblocking what is not blocked', bound, configUnblock('A'), 'EINVAL'],
    ],
  ],
  [
    'modules and parameters',
    [
      ['load of what is loaded', bound, load('vfio-pci'), 'ok'],
      ['load of what there is not', [], raw('load', null, 77), 'ENOENT'],
      ['unload of what is not loaded', [], unload('vfio-pci'), 'ENOENT'],
      ['unload of what there is not', [], raw('unload', null, 77), 'ENOENT'],
      ['unload of a module in use', opened, unload('vfio-pci'), 'EWOULDBLOCK'],
      ['a parameter that does not parse', bound, paramWrite('disable_idle_d3', 'perh'), 'EINVAL'],
      ['one half spelt', bound, paramWrite('nointxmask', 'o'), 'EINVAL'],
      ['an empty one', bound, paramWrite('nointxmask', ''), 'EINVAL'],
      ['one that cannot be written', bound, paramWrite('disable_denylist', '1'), 'EACCES'],
      ['another one', bound, paramWrite('disable_vga', '1'), 'EACCES'],
      ['one that there is not', bound, raw('param_write', null, 77, 0x31), 'ENOENT'],
      ['one of a module that is not loaded', [], paramWrite('nointxmask', '1'), 'ENOENT'],
    ],
  ],
  [
    'config space and regions',
    [
      ['a write to a closed device', bound, configWrite('A', 4, 2, 0), 'EBADF'],
      ['a read behind the end', opened, configRead('A', 256, 4), 'EFAULT'],
      ['a read across the end', opened, configRead('A', 254, 4), 'EFAULT'],
      ['a write across the end', opened, configWrite('A', 255, 2, 0), 'EFAULT'],
      ['a read far behind the end', opened, configRead('A', 0xffff_fffc, 4), 'EFAULT'],
      ['more than an op holds', opened, raw('config_read', 0, 0, 5), 'EINVAL'],
      ['nothing', opened, raw('config_read', 0, 0, 0), 'ok'],
      ['three bytes', opened, raw('config_read', 0, 0, 3), 'ok'],
      ['a region behind the last', opened, regionRead('A', 9, 0, 4), 'EINVAL'],
      ['one far behind', opened, regionWrite('A', 1 << 22, 0, 4, 0), 'EINVAL'],
      ['one that no offset reaches', opened, regionRead('A', 1 << 24, 0, 4), 'EINVAL'],
      ['a read behind a BAR', opened, regionRead('A', 0, 0x10000, 4), 'EINVAL'],
      ['a BAR that there is not', opened, regionRead('A', 5, 0, 4), 'EINVAL'],
      ['a ROM that there is not', opened, regionRead('A', VFIO_PCI_ROM_REGION_INDEX, 0, 4), 'EINVAL'],
      ['a BAR while memory is off', [...opened, configWrite('A', 4, 2, 0)], regionRead('A', 0, 0, 4), 'EIO'],
      ['VGA of no adapter', opened, regionRead('A', VFIO_PCI_VGA_REGION_INDEX, 0x3c0, 1), 'EINVAL'],
      ['a BAR that cannot be mapped', [...opened, fail('pci_iomap')], regionRead('A', 0, 0, 4), 'ENOMEM'],
      [
        'a BAR that is taken',
        [...opened, fail('pci_request_selected_regions')],
        regionRead('A', 0, 0, 4),
        'EBUSY',
      ],
    ],
  ],
  [
    'what a user asks',
    [
      ['device info into too little room', opened, deviceInfo('A', 8), 'EINVAL'],
      ['region info into too little room', opened, regionInfo('A', 0, 31), 'EINVAL'],
      ['region info of none', opened, regionInfo('A', 9), 'EINVAL'],
      ['region info of VGA', opened, regionInfo('A', VFIO_PCI_VGA_REGION_INDEX), 'EINVAL'],
      ['region info of config space', opened, regionInfo('A', VFIO_PCI_CONFIG_REGION_INDEX), 'ok'],
      ['interrupt info into too little room', opened, irqInfo('A', 'intx', 15), 'EINVAL'],
      ['interrupt info of none', opened, irqInfo('A', 5), 'EINVAL'],
      ['of errors where there are none', plainOpened, irqInfo('E', 'error'), 'EINVAL'],
      ['hot reset info into too little room', opened, hotResetInfo('A', 11), 'EINVAL'],
      ['hot reset info with room for none', opened, hotResetInfo('A', 12), 'ENOSPC'],
      ['hot reset info of a bus of its own', plainOpened, hotResetInfo('E'), 'ENODEV'],
      ['of a closed device', bound, deviceInfo('A'), 'EBADF'],
    ],
  ],
  [
    'interrupts',
    [
      ['too short a request', opened, setIrqs('A', 'intx', irqSet('fd', 'trigger', 1, 19)), 'EINVAL'],
      ['data that is not there', opened, setIrqs('A', 'intx', irqSet('fd', 'trigger', 1, 20)), 'EINVAL'],
      ['data of half a vector', opened, setIrqs('A', 'msi', irqSet('fd', 'trigger', 2, 26)), 'EINVAL'],
      ['an unknown kind', opened, setIrqs('A', 5, irqSet('none', 'trigger', 1)), 'EINVAL'],
      [
        'an unknown flag',
        opened,
        setIrqs('A', 'intx', { flags: DATA.none | ACTION.trigger | 0x40 }),
        'EINVAL',
      ],
      ['no data form', opened, setIrqs('A', 'intx', { flags: ACTION.trigger, count: 1 }), 'EINVAL'],
      [
        'two data forms',
        opened,
        setIrqs('A', 'intx', { flags: DATA.none | DATA.bool | ACTION.trigger, count: 1 }),
        'EINVAL',
      ],
      ['no action', opened, setIrqs('A', 'intx', { flags: DATA.none, count: 1 }), 'ENOTTY'],
      [
        'two actions',
        opened,
        setIrqs('A', 'intx', { flags: DATA.none | ACTION.mask | ACTION.unmask, count: 1 }),
        'ENOTTY',
      ],
      ['a first vector behind the last', opened, setIrqs('A', 'msi', { ...none, start: 4 }), 'EINVAL'],
      ['vectors beyond the last', opened, msiEnable('A', 3, 2), 'EINVAL'],
      [
        'a range that wraps',
        opened,
        setIrqs('A', 'msi', { ...none, start: 1, count: 0xffff_ffff }),
        'EINVAL',
      ],
      ['more eventfds than a user has', opened, setIrqs('A', 'msix', irqSet('fd', 'trigger', 9)), 'EINVAL'],
      ['MSI of a function without', plainOpened, msiEnable('E'), 'EINVAL'],
      ['MSI-X of a function without', plainOpened, msixEnable('E'), 'EINVAL'],
      ['INTx of a function without', plainOpened, intxEnable('E'), 'EINVAL'],
      ['errors of a function without', plainOpened, errorEventfd('E'), 'EINVAL'],
      ['masking MSI', opened, setIrqs('A', 'msi', irqSet('none', 'mask', 1)), 'ENOTTY'],
      ['masking INTx that is off', opened, setIrqs('A', 'intx', irqSet('none', 'mask', 1)), 'EINVAL'],
      [
        'masking INTx by eventfd',
        [...opened, intxEnable('A')],
        setIrqs('A', 'intx', irqSet('fd', 'mask', 1)),
        'ENOTTY',
      ],
      ['trying out MSI that is off', opened, setIrqs('A', 'msi', irqSet('none', 'trigger', 1)), 'EINVAL'],
      ['MSI-X while MSI is on', [...opened, msiEnable('A')], msixEnable('A'), 'EINVAL'],
      ['no vector at all', opened, setIrqs('A', 'msi', irqSet('fd', 'trigger', 0)), 'ERANGE'],
      [
        'a descriptor of something else',
        opened,
        setIrqs('A', 'msi', { ...irqSet('fd', 'trigger', 1), fd: noFile }),
        'EBADF',
      ],
      [
        'a descriptor of nothing',
        opened,
        setIrqs('A', 'intx', { ...irqSet('fd', 'trigger', 1), fd: nowhere }),
        'EBADF',
      ],
      ['two errors', opened, setIrqs('A', 'error', irqSet('none', 'trigger', 2)), 'EINVAL'],
      ['an error that nobody listens to', opened, errorEventfd('A', false), 'EINVAL'],
      [
        'vectors that are not to be had',
        [...opened, fail('pci_alloc_irq_vectors')],
        msiEnable('A'),
        'ENOSPC',
      ],
      ['a line that is not to be had', [...opened, fail('request_irq')], intxEnable('A'), 'EBUSY'],
      ['of a closed device', bound, intxEnable('A'), 'EBADF'],
      ['a message of a function without', plainOpened, message('E'), 'ENODEV'],
      ['a message without an eventfd', opened, message('A', 32), 'EINVAL'],
      ['an error of a function without', plainOpened, pciError('E'), 'ENODEV'],
    ],
  ],
  [
    'ioeventfds',
    [
      ['too short a request', opened, ioeventfd('A', 0, 0, 4, 0, { argsz: 27 }), 'EINVAL'],
      ['no BAR', opened, ioeventfd('A', 6, 0, 4, 0), 'EINVAL'],
      ['an empty BAR', opened, ioeventfd('A', 5, 0, 4, 0), 'EINVAL'],
      ['across the end of a BAR', opened, ioeventfd('A', 0, 0xfffe, 4, 0), 'EINVAL'],
      ['no width', opened, ioeventfd('A', 0, 0, 0, 0), 'EINVAL'],
      ['two widths', opened, ioeventfd('A', 0, 0, 3, 0), 'EINVAL'],
      ['an unknown flag', opened, ioeventfd('A', 0, 0, 0x14, 0), 'EINVAL'],
      ['eight bytes on 32 bits', opened, ioeventfd('A', 0, 0, 8, 0), 'EINVAL'],
      ['the table of MSI-X', opened, ioeventfd('A', 1, 0x70, 4, 0), 'EINVAL'],
      ['a bad descriptor', opened, ioeventfd('A', 0, 0, 4, 0, { fd: -2 }), 'EINVAL'],
      ['a descriptor of something else', opened, ioeventfd('A', 0, 0, 4, 0, { fd: noFile }), 'EBADF'],
      ['taking away what is not there', opened, ioeventfd('A', 0, 0, 4, 0, { fd: -1 }), 'ENODEV'],
      ['the same twice', [...opened, ioeventfd('A', 0, 0, 4, 7)], ioeventfd('A', 0, 0, 4, 7), 'EEXIST'],
    ],
  ],
  [
    'features',
    [
      ['too short a request', opened, raw('low_power_entry', 0, 7), 'EINVAL'],
      ['an unknown feature', opened, raw('low_power_entry', 0, 0, SET | 0x77), 'ENOTTY'],
      ['an unknown flag', opened, raw('low_power_entry', 0, 0, SET | 0x8_0003), 'EINVAL'],
      ['getting and setting', opened, raw('low_power_entry', 0, 0, SET | GET | 3), 'EINVAL'],
      ['getting what can be set', opened, raw('low_power_entry', 0, 0, GET | 3), 'EINVAL'],
      ['neither', opened, raw('low_power_entry', 0, 0, 3), 'EINVAL'],
      ['a payload that is not there', opened, raw('low_power_entry_with_wakeup', 0, 12), 'EINVAL'],
      ['a wake-up by nothing', opened, raw('low_power_entry_with_wakeup', 0, 0, nowhere), 'EBADF'],
      ['a wake-up by a bad descriptor', opened, raw('low_power_entry_with_wakeup', 0, 0, -1), 'EINVAL'],
      ['low power twice', [...opened, lowPowerEntry('A')], lowPowerEntry('A'), 'EINVAL'],
      ['of a closed device', bound, lowPowerEntry('A'), 'EBADF'],
    ],
  ],
  [
    'resets and virtual functions',
    [
      ['reset of what cannot be', plainOpened, reset('E'), 'EINVAL'],
      ['hot reset of a bus of its own', plainOpened, hotReset('E'), 'ENODEV'],
      ['hot reset with a device out of reach', opened, hotReset('A'), 'EINVAL'],
      ['hot reset without owning it all', bothOpened(), raw('hot_reset', 0, 1), 'EINVAL'],
      ['hot reset of no group', opened, raw('hot_reset', 0, 0x80), 'EINVAL'],
      ['too short a hot reset', opened, raw('hot_reset', 0, 0, 11), 'EINVAL'],
      ['a hot reset without its groups', opened, raw('hot_reset', 0, 0, 12), 'EINVAL'],
      ['a hot reset with flags', opened, raw('hot_reset', 0, 0, 0, 1), 'EINVAL'],
      ['a reset that cannot have the lock', [...opened, fail('pci_dev_trylock')], reset('A'), 'EAGAIN'],
      [
        'a hot reset that cannot have the memory lock',
        [...bothOpened(), fail('down_write_trylock')],
        hotReset('A'),
        'EBUSY',
      ],
      ['taking away the VF of no adapter', bound, disableVf('G'), 'EINVAL'],
      ['giving it back', bound, enableVf('G'), 'EINVAL'],
      ['an event of no adapter', bound, qpError('G'), 'EINVAL'],
      ['VFs of a function without', bound, sriov('E', 1), 'ENOENT'],
      ['VFs without a driver', [], sriov('A', 1), 'ENOENT'],
      ['VFs with SR-IOV off', bound, sriov('A', 1), 'ENOENT'],
      ['more VFs than there are', [load('vfio-pci', 'enable_sriov'), bind('A')], sriov('A', 5), 'ERANGE'],
      [
        'other VFs than there are',
        [load('vfio-pci', 'enable_sriov'), bind('A'), sriov('A', 2)],
        sriov('A', 3),
        'EBUSY',
      ],
    ],
  ],
];

function irqSet(data: keyof typeof DATA, action: keyof typeof ACTION, count: number, argsz?: number) {
  const flags = DATA[data] | ACTION[action];
  return argsz === undefined ? { flags, count } : { flags, count, argsz };
}

function bothOpened() {
  return [...opened, bind('C'), open('C')];
}

/** The devices on the bus of A as well, so that a close resets it. */
const used = ['A', 'C', 'E'] as const;

afterAll(closeToolchains);

describe.each(['base', 'p5'])('errnos at %s', (stage) => {
  let one: OneMachine;
  beforeAll(async () => {
    one = await OneMachine.start(await build(stage), devices);
    await one.snapshot();
  });
  afterAll(() => one.stop());

  describe.each(cases)('%s', (_, rows) => {
    test.each(rows)('%s', async (_what, setup, step, errno) => {
      await one.restore();
      for (const before of setup) expect(await one.run(before), before.op).toBeGreaterThanOrEqual(0);

      const returned = await one.run(step);
      expect(returned < 0 ? returned : 0).toBe(-errnos[errno] || 0);

      // The machine still works: whatever is open is closed, and all of it can be used again.
      for (const name of used) {
        for (const after of [close(name), unbind(name)]) await one.run(after);
        const again = [load('vfio-pci'), bind(name), open(name), configRead(name, 0, 4)];
        for (const after of [...again, close(name), unbind(name), bind(name)])
          expect(await one.run(after), `${after.op} ${name}`).toBeGreaterThanOrEqual(0);
      }
      expect(one.violations).toEqual([]);
    });
  });
});
