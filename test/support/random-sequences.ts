// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { inspect } from 'node:util';
import fc from 'fast-check';
import { op as general, work } from '../../src/scenario/step.js';
import type { DeviceSpec, Devices } from '../../subjects/vfio-pci/index.js';
import * as steps from '../../subjects/vfio-pci/steps.js';

/** A step as a scenario file has it, on the n-th device of however many there are. */
interface Call {
  /** The function of `steps.ts`; `null`: the step is written out. */
  readonly name: Name | null;
  readonly device: number | null;
  readonly args: readonly unknown[];
}

/** Devices, and steps that some of them may refuse. */
export interface RandomSequence {
  readonly devices: Devices;
  readonly steps: readonly steps.Step[];
  /** The steps as lines to be pasted into a scenario file. */
  readonly lines: readonly string[];
}

const names = ['A', 'B', 'C'];
const functions = { ...steps, work };
type Name = keyof typeof functions;

/* ---- devices ---- */

const pciKinds: readonly DeviceSpec[] = [
  {},
  { intx: true },
  { msi: 4 },
  { msix: 4 },
  { msix: 4, dynMsix: true },
  { vga: true },
  { vga: true, belowBridge: true },
  { bus: 1 },
  { vfs: 2 },
  { virtfn: true },
  { mlx5: true },
  { denylisted: true },
];

/** A kind by itself, or any mixture of what a function can have. */
const device: fc.Arbitrary<DeviceSpec> = fc.oneof(
  fc.constantFrom(...pciKinds),
  fc.record(
    {
      intx: fc.boolean(),
      bus: fc.constantFrom(1, 2),
      flr: fc.boolean(),
      noSoftReset: fc.boolean(),
      msix: fc.constantFrom(1, 4),
      express: fc.boolean(),
      vga: fc.boolean(),
      belowBridge: fc.boolean(),
      vfs: fc.constantFrom(1, 4),
      msi: fc.constantFrom(1, 4),
      dynMsix: fc.boolean(),
      denylisted: fc.boolean(),
      virtfn: fc.boolean(),
      mlx5: fc.boolean(),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
);

/* ---- steps ---- */

const word = fc.oneof(fc.nat(8), fc.constantFrom(16, 32, 0x400, 0x1000, 0xffff_ffff), fc.nat(0xffff_ffff));
const bytes = fc.constantFrom(1, 2, 4);
const moduleName = fc.constantFrom(...steps.modules);
const irqName = fc.constantFrom(...(Object.keys(steps.irqs) as steps.IrqName[]));
/** Those of config space that mean something, and any. */
const offset = fc.oneof(fc.constantFrom(0x4, 0x5, 0x6, 0x10, 0x30, 0x44, 0x68, 0xa0, 0xa2), fc.nat(300));
const value = fc.oneof(fc.constantFrom(0, 2, 3, 0x400, 0x402, 0x8000), word);
const region = fc.oneof(fc.nat(9), word);
const argsz = fc.oneof(fc.constant(0), fc.nat(64), word);

/** Which device: the first one most often, so that much happens to it. */
const which = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat(names.length - 1) },
);

const kernel = (name: Name, ...args: fc.Arbitrary<unknown>[]): fc.Arbitrary<Call> =>
  fc.tuple(...args).map((args) => ({ name, device: null, args: args.flat() }));
const on = (name: Name, ...args: fc.Arbitrary<unknown>[]): fc.Arbitrary<Call> =>
  fc.tuple(which, ...args).map(([device, ...args]) => ({ name, device, args }));

/** How often, and with which arguments, each op comes: what all others need comes most often. */
const ops: Readonly<Record<string, readonly [weight: number, call: fc.Arbitrary<Call>]>> = {
  load: [4, kernel('load', moduleName, fc.subarray([...steps.parameters]))],
  unload: [2, kernel('unload', moduleName)],
  param_write: [
    2,
    kernel('paramWrite', fc.constantFrom(...steps.parameters), fc.constantFrom('Y', 'N', '1', '0', 'x', '')),
  ],
  bind: [4, on('bind', moduleName)],
  unbind: [3, on('unbind')],
  open: [6, on('open')],
  close: [4, on('close')],
  config_read: [3, on('configRead', offset, bytes)],
  config_write: [4, on('configWrite', offset, bytes, value)],
  intx_enable: [3, on('intxEnable')],
  intx_disable: [2, on('intxDisable')],
  interrupt: [2, on('interrupt')],
  interrupt_served: [2, on('interruptServed')],
  low_power_entry: [3, on('lowPowerEntry')],
  low_power_entry_with_wakeup: [3, on('lowPowerEntryWithWakeup')],
  low_power_exit: [2, on('lowPowerExit')],
  wakeups: [1, on('wakeups')],
  pm_work: [5, on('pmWork')],
  reset: [2, on('reset')],
  hot_reset: [3, on('hotReset')],
  hot_reset_info: [1, on('hotResetInfo', argsz)],
  config_block: [1, on('configBlock')],
  config_unblock: [1, on('configUnblock')],
  vga_notify: [2, kernel('vgaNotify', fc.nat(2))],
  vga_decodes: [1, on('vgaDecodes', word)],
  sriov: [3, on('sriov', fc.oneof(fc.nat(4), word))],
  region_read: [2, on('regionRead', region, fc.oneof(fc.nat(32), word), bytes)],
  region_write: [2, on('regionWrite', region, fc.oneof(fc.nat(32), word), bytes, value)],
  fault: [5, kernel('fail', fc.constantFrom(...steps.faults), fc.nat(6))],
  fault_calls: [1, kernel('faultCalls', fc.constantFrom(...steps.faults))],
  device_info: [1, on('deviceInfo', argsz)],
  region_info: [1, on('regionInfo', region, argsz)],
  irq_info: [1, on('irqInfo', fc.oneof(irqName, word), argsz)],
  set_irqs: [
    8,
    fc.oneof(
      on('msiEnable', fc.nat(4), fc.nat(4)),
      on('msixEnable', fc.nat(4), fc.nat(4)),
      on('msiDisable'),
      on('msixDisable'),
      on('errorEventfd', fc.boolean()),
      on('requestEventfd', fc.boolean()),
      on('unmaskEventfd', fc.boolean()),
      on(
        'setIrqs',
        fc.oneof(irqName, word),
        fc.record(
          {
            flags: fc.oneof(fc.nat(0x3f), word),
            start: word,
            count: word,
            fd: fc.oneof(fc.constant(-1), word),
            argsz,
          },
          { requiredKeys: ['flags'], noNullPrototype: true },
        ),
      ),
    ),
  ],
  signals: [1, on('signals', irqName, fc.nat(32))],
  message: [2, on('message', fc.nat(4))],
  pci_error: [2, on('pciError')],
  ioeventfd: [2, on('ioeventfd', fc.nat(6), fc.oneof(fc.nat(32), word), fc.nat(9), value)],
  doorbell: [1, on('doorbell')],
  unmask: [2, on('unmask')],
  shutdown: [1, kernel('shutdown')],
  mig_state_set: [3, on('migStateSet', fc.constantFrom(...steps.migrationStates))],
  mig_state_get: [1, on('migStateGet')],
  log_start: [3, on('logStart')],
  log_stop: [1, on('logStop')],
  log_read_and_clear: [1, on('logReadAndClear')],
  disable_vf: [1, on('disableVf')],
  enable_vf: [1, on('enableVf')],
  eq_event: [
    2,
    fc
      .constantFrom('qpError', 'cqError', 'objectChange', 'cqCompletion')
      .chain((name) => on(name as 'qpError')),
  ],
  work: [1, kernel('work')],
  page_fault_begin: [1, on('pageFaultBegin')],
  page_fault_end: [1, on('pageFaultEnd')],
};

/** How many numbers such ops take that take any, those on a device besides its slot. */
const onDevice = {
  ...{ bind: 1, config_read: 2, config_write: 3, low_power_entry: 2, low_power_entry_with_wakeup: 2 },
  ...{ hot_reset: 3, hot_reset_info: 1, vga_decodes: 1, sriov: 1, mig_state_set: 1, eq_event: 1 },
  ...{ region_read: 3, region_write: 4, device_info: 1, region_info: 2, irq_info: 2, set_irqs: 6 },
  ...{ signals: 2, message: 1, ioeventfd: 6 },
} as const;
const onKernel = { load: 2, unload: 1, param_write: 2, vga_notify: 1 } as const;

/** A step that no function makes: its arguments mean nothing. */
const nonsense: fc.Arbitrary<Call> = fc
  .tuple(
    fc.constantFrom(
      ...Object.entries(onDevice).map(([op, takes]) => ({ op, takes, device: true })),
      ...Object.entries(onKernel).map(([op, takes]) => ({ op, takes, device: false })),
    ),
    which,
    fc.array(word, { maxLength: 6 }),
  )
  .map(([{ op, takes, device }, slot, args]) => ({
    name: null,
    device: device ? slot : null,
    args: [op, ...args.slice(0, takes)],
  }));

const call = fc.oneof(
  { weight: 5, arbitrary: nonsense },
  ...Object.values(ops).map(([weight, arbitrary]) => ({ weight, arbitrary })),
);

/** What a device needs before most ops have any effect: a driver that is for it, and a user. */
interface BringUp {
  readonly device: number;
  readonly variant: boolean;
  readonly parameters: readonly steps.ParameterName[];
  /** How much of it is done; the rest is left to chance. */
  readonly done: number;
}

const bringUp: fc.Arbitrary<BringUp> = fc.record({
  device: which,
  variant: fc.boolean(),
  parameters: fc.subarray([...steps.parameters]),
  done: fc.constantFrom(0, 1, 2, 3, 3, 3),
});

function callsOf({ device, variant, parameters, done }: BringUp, specs: readonly DeviceSpec[]): Call[] {
  const spec = specs[device % specs.length]!;
  const module = 'mlx5' in spec && spec.mlx5 ? 'mlx5' : variant ? 'variant' : 'vfio-pci';
  const all: Call[] = [
    { name: 'load', device: null, args: [module, ...parameters] },
    { name: 'bind', device, args: [module] },
    { name: 'open', device, args: [] },
  ];
  return all.slice(0, done);
}

/* ---- sequences ---- */

const literal = (value: unknown) => inspect(value, { compact: true, breakLength: Number.POSITIVE_INFINITY });

function toStep(
  { name, device, args }: Call,
  devices: readonly string[],
): { step: steps.Step; line: string } {
  const on = device === null ? null : devices[device % devices.length]!;
  if (name === null) {
    const [op, ...rest] = args as [string, ...number[]];
    const step = on === null ? general(op, ...rest) : { op, device: on, args: rest };
    return { step, line: `${literal(step)},` };
  }
  const all = on === null ? args : [on, ...args];
  const make = functions[name] as (...args: readonly unknown[]) => steps.Step;
  return { step: make(...all), line: `${name}(${all.map(literal).join(', ')}),` };
}

/** Sequences of up to `length` steps on one to three devices. */
export function randomSequence(length: number): fc.Arbitrary<RandomSequence> {
  return fc
    .record({
      devices: fc.array(device, { minLength: 1, maxLength: names.length }),
      first: fc.array(bringUp, { maxLength: names.length, size: 'max' }),
      rest: fc.array(call, { minLength: 1, maxLength: length, size: 'max' }),
    })
    .map(({ devices, first, rest }) => {
      const plugged = names.slice(0, devices.length);
      const made = [...first.flatMap((one) => callsOf(one, devices)), ...rest]
        .slice(0, length)
        .map((call) => toStep(call, plugged));
      return {
        devices: Object.fromEntries(devices.map((spec, i) => [names[i]!, spec])),
        steps: made.map(({ step }) => step),
        lines: made.map(({ line }) => line),
      };
    });
}

/** The sequence as a scenario file has it. */
export function asScenario({ devices, lines }: RandomSequence): string {
  return `sequence({\n  title: '',\n  devices: ${literal(devices)},\n  steps: [\n${lines.map((line) => `    ${line}\n`).join('')}  ],\n})`;
}
