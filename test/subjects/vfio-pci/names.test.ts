// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LostbitError } from '../../../src/errors.js';
import { packageRoot } from '../../../src/package-root.js';
import { describeStep } from '../../../src/scenario/describe.js';
import type { Arg, Enumerator, Step } from '../../../src/scenario/step.js';
import { bareFlags, flagWrite } from '../../../subjects/bare-flags/steps.js';
import * as vfio from '../../../subjects/vfio-pci/index.js';
import { Machinery } from '../../../subjects/vfio-pci/machinery.js';

const text = (file: string) => readFileSync(join(packageRoot(), file), 'utf8');
const slotsH = text('subjects/vfio-pci/ops/slots.h');
const comments = /\/\*[\s\S]*?\*\/|^#.*$/gm;

/** The enumerators of an enum of a C file, without the one that counts them. */
function enumeratorsIn(code: string, tag: string): string[] {
  const [, body = ''] = new RegExp(`enum ${tag} \\{([^}]*)\\}`).exec(code) ?? [];
  return body
    .replace(comments, '')
    .split(',')
    .map((one) => one.replace(/=.*/s, '').trim())
    .filter((one) => one !== '' && !/S$|_NR$/.test(one));
}

/** The enumerators that an argument of a step names. */
function namedBy(step: Pick<Step, 'args'>, arg: number): readonly Enumerator[] {
  const word = (step.args[arg] as Arg & { readonly is: unknown }).is as
    | Enumerator
    | { readonly bits: readonly Enumerator[] };
  return 'bits' in word ? word.bits : [word];
}

describe('every name of the language is one of the C’s, and the other way round', () => {
  test.each([
    ['slot_module', slotsH, vfio.modules.map((name) => namedBy(vfio.unload(name), 0))],
    ['slot_param', slotsH, [namedBy(vfio.load('vfio-pci', ...vfio.parameters), 1)]],
    [
      'vfio_device_mig_state',
      text('c-src/vfio/include/uapi/linux/vfio.h'),
      vfio.migrationStates.map((state) => namedBy(vfio.migStateSet('A', state), 0)),
    ],
    [
      'stub_mlx5_event',
      text('subjects/vfio-pci/excerpt/mlx5.h'),
      [vfio.qpError, vfio.cqError, vfio.objectChange, vfio.cqCompletion].map((step) => namedBy(step('A'), 0)),
    ],
    ['flag', text('subjects/bare-flags/flags.c'), bareFlags.map((flag) => namedBy(flagWrite(flag, true), 0))],
  ])('enum %s', (tag, code, named) => {
    expect(named.flat().map((one) => one.enum)).toEqual(named.flat().map(() => tag));
    expect(
      named
        .flat()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(enumeratorsIn(code, tag).sort());
  });

  test('struct slot_spec', () => {
    const [, body = ''] = /struct slot_spec \{([^}]*)\}/.exec(slotsH) ?? [];
    const members = Array.from(body.replace(comments, '').matchAll(/(\w+);/g), ([, name]) => name!);
    const all: Required<vfio.DeviceSpec> = {
      ...{ intx: true, bus: 1, flr: true, noSoftReset: true, msix: 1, express: true, vga: true },
      ...{ belowBridge: true, vfs: 1, msi: 1, dynMsix: true, denylisted: true, virtfn: true, mlx5: true },
      ...{ brokenIntx: true, extended: true },
    };
    const { given } = new Machinery({ A: all });
    expect(Object.keys(given).sort()).toEqual(members.map((name) => `specs[0].${name}`).sort());
  });

  test('what can be made to fail', () => {
    const kernel = readdirSync(join(packageRoot(), 'c-src/kernel')).filter((name) => name.endsWith('.c'));
    const files = [
      ...kernel.map((name) => `c-src/kernel/${name}`),
      ...['c-src/vfio/group.c', 'subjects/vfio-pci/model/vgaarb.c', 'subjects/vfio-pci/excerpt/mlx5_core.c'],
    ];
    const declared = files.flatMap((file) =>
      Array.from(text(file).matchAll(/^STUB_FAULT\((\w+)\)/gm), ([, name]) => name!),
    );
    expect([...vfio.faults].filter((name) => !declared.includes(name))).toEqual([]);
  });

  test('ops, with as many arguments as they take', () => {
    const code = ['ops/info', 'ops/irqs', 'excerpt/migration', 'ops/modules', 'ops/ops', 'ops/shutdown']
      .map((name) => text(`subjects/vfio-pci/${name}.c`))
      .join('');
    const takes = new Map(
      Array.from(code.matchAll(/^LAB_OP\((\w+)((?:,[^)]*)?)\)/gm), ([, op, parameters]) => [
        op!,
        parameters!.split(',').length - 1,
      ]),
    );
    const { step } = new Machinery({ A: {} });
    const { bind, open, configRead, configWrite, intxEnable, intxDisable, interrupt, signals } = vfio;
    const made = [
      ...[vfio.load('mlx5'), vfio.unload('mlx5'), vfio.paramWrite('disable_vga', 'Y'), bind('A')],
      ...[vfio.unbind('A'), open('A'), vfio.close('A'), configRead('A', 0, 4), configWrite('A', 0, 4, 0)],
      ...[intxEnable('A'), intxDisable('A'), interrupt('A'), vfio.interruptServed('A'), vfio.irqInfo('A', 0)],
      ...[vfio.setIrqs('A', 0, { flags: 0 }), signals('A', 'msi'), vfio.message('A'), vfio.pciError('A')],
      ...[vfio.unmask('A'), vfio.ioeventfd('A', 0, 0, 4, 0), vfio.doorbell('A'), vfio.pmWork('A')],
      ...[vfio.vgaNotify(1), vfio.vgaDecodes('A', 0), vfio.sriov('A', 1), vfio.configBlock('A')],
      ...[vfio.configUnblock('A'), vfio.shutdown(), vfio.regionRead('A', 0, 0, 4), vfio.reset('A')],
      ...[vfio.regionWrite('A', 0, 0, 4, 0), vfio.pageFaultBegin('A'), vfio.pageFaultEnd('A')],
      ...[vfio.lowPowerEntry('A'), vfio.lowPowerEntryWithWakeup('A'), vfio.wakeups('A')],
      ...[vfio.lowPowerExit('A'), vfio.hotReset('A'), vfio.hotResetInfo('A'), vfio.deviceInfo('A')],
      ...[vfio.regionInfo('A', 0), vfio.migStateSet('A', 'stop'), vfio.migStateGet('A'), vfio.logStart('A')],
      ...[vfio.logStop('A'), vfio.logReadAndClear('A'), vfio.disableVf('A'), vfio.enableVf('A')],
      vfio.qpError('A'),
    ].map(step);
    expect(made.map(({ op }) => op).sort()).toEqual([...takes.keys()].sort());
    expect(made.filter(({ op, args }) => args.length > takes.get(op!)!)).toEqual([]);
  });
});

describe('a name that there is not is refused, and the nearest one offered', () => {
  test.each([
    [() => vfio.load('vfio-pcii' as 'vfio-pci'), "unknown module 'vfio-pcii'", "'vfio-pci'"],
    [
      () => vfio.load('vfio-pci', 'disable_idled3' as 'disable_vga'),
      "unknown parameter 'disable_idled3'",
      "'disable_idle_d3'",
    ],
    [() => vfio.bind('A', 'varient' as 'variant'), "unknown module 'varient'", "'variant'"],
    [() => vfio.migStateSet('A', 'stopp' as 'stop'), "unknown migration state 'stopp'", "'stop'"],
    [() => vfio.load('\u001b[2J' as 'mlx5'), "unknown module '\\x1b[2J'", 'known: vfio-pci, variant, mlx5'],
  ])('%#', (make, message, hint) => {
    let error: LostbitError | null = null;
    try {
      make();
    } catch (thrown) {
      error = thrown as LostbitError;
    }
    expect(error).toMatchObject({ code: 'E_BAD_SCENARIO', message });
    expect(error!.advice.hint).toContain(hint);
  });

  test('of a text, one that is too long', () => {
    expect(() => vfio.paramWrite('nointxmask', 'maybe')).toThrow(
      expect.objectContaining({
        code: 'E_BAD_SCENARIO',
        message: expect.stringContaining("'maybe' is too long"),
      }),
    );
  });
});

test('steps read as what they do', () => {
  const { step } = new Machinery({ A: {}, B: {} });
  const lines = [
    vfio.load('vfio-pci'),
    vfio.load('vfio-pci', 'disable_idle_d3', 'nointxmask'),
    vfio.unload('variant'),
    vfio.paramWrite('disable_vga', 'Y'),
    vfio.paramWrite('disable_vga', ''),
    vfio.bind('A'),
    vfio.bind('B', 'mlx5'),
    vfio.open('B'),
    vfio.configWrite('A', 4, 2, 0x400),
    vfio.migStateSet('A', 'stop_copy'),
    vfio.qpError('A'),
    vfio.vgaNotify(1),
    vfio.fail('kmalloc', 3),
    vfio.shutdown(),
    flagWrite('packed.a', true),
  ].map((one) => describeStep(step(one)));
  expect(lines).toEqual([
    'load vfio-pci',
    'load vfio-pci disable_idle_d3 nointxmask',
    'unload variant',
    'param_write disable_vga "Y"',
    'param_write disable_vga ""',
    'bind A vfio-pci',
    'bind B mlx5',
    'open B',
    'config_write A 4 2 0x400',
    'mig_state_set A stop_copy',
    'eq_event A qp_error',
    'vga_notify 1',
    'fault kmalloc:3',
    'shutdown',
    'flag_write packed.a 1',
  ]);
});

test('a text is the bytes that the C takes for one', () => {
  const text = ({ args }: Step) => args[1];
  expect(text(vfio.paramWrite('disable_vga', 'Y'))).toEqual({ shown: '"Y"', is: 0x59 });
  expect(text(vfio.paramWrite('disable_vga', 'no!\n'))).toEqual({ shown: '"no!\\n"', is: 0x0a216f6e });
  expect(text(vfio.paramWrite('disable_vga', ''))).toEqual({ shown: '""', is: 0 });
});
