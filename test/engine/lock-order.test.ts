// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import type { Build } from '../../src/toolchain/build.js';
import {
  bind,
  configWrite,
  load,
  open,
  PCI_COMMAND,
  PCI_COMMAND_INTX_DISABLE,
} from '../../subjects/vfio-pci/index.js';
import { OneMachine } from '../support/one-machine.js';
import { build, closeToolchains, replaced } from '../support/race.js';

afterAll(closeToolchains);

const config = 'vfio/pci/vfio_pci_config.c';
const place = '\tif (disable && !vdev->virq_disabled) {\n';
const names = {
  a: '&vdev->igate',
  b: '&vdev->ioeventfds_lock',
  c: '&vdev->vdev.dev_set->lock',
} as const;

/** The driver with mutexes locked where a config write decides about INTx: `lock a lock b trylock c unlock b`. */
const mutant = (script: string) => {
  const statements = script.replace(
    /(lock|trylock|unlock) ([abc])\s*/g,
    (_, what, name: keyof typeof names) => `mutex_${what}(${names[name]}); `,
  );
  return build('base', {
    mutate: (tree) => replaced(tree, config, place, `\t{ ${statements} }\n${place}`),
  });
};

/** What is caught when the statements run twice. */
async function caught(module: Build, watch = true) {
  const one = await OneMachine.start(module, { A: {} }, { watch });
  const decide = configWrite('A', PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
  try {
    expect(await one.runAll([load('vfio-pci'), bind('A'), open('A'), decide, decide])).toEqual([
      0, 0, 0, 0, 0,
    ]);
    return one.found;
  } finally {
    await one.stop();
  }
}

const ab = 'lock a lock b unlock b unlock a ';
const ba = 'lock b lock a unlock a unlock b ';

describe('locks acquired in both orders', () => {
  test('are caught once, and both are named', async () => {
    const module = await mutant(ab + ba);
    const found = await caught(module);
    expect(found).toMatchObject([{ kind: 'lock-order', object: 'A.igate', count: 1 }]);
    expect(found[0]!.message).toContain('(A.igate under A.ioeventfds_lock)');
    const frames = found[0]!.stack;
    expect(frames.map((frame) => frame.function)).toContain('mutex_lock');
    expect(frames.find((frame) => frame.file?.startsWith('vfio/'))).toMatchObject({ file: config });
  });

  test('are caught over a third one', async () => {
    const found = await caught(
      await mutant(`${ab}lock b lock c unlock c unlock b lock c lock a unlock a unlock c`),
    );
    expect(found).toMatchObject([{ kind: 'lock-order', object: 'A.igate' }]);
    expect(found[0]!.message).toContain('(A.igate under A.vdev.dev_set.lock)');
  });

  test('are caught where the first one was had without waiting', async () => {
    expect(await caught(await mutant(`trylock a lock b unlock b unlock a ${ba}`))).toMatchObject([
      { kind: 'lock-order' },
    ]);
  });

  test.each([
    ['in the same order', ab + ab],
    ['one after the other', 'lock a unlock a lock b unlock b lock b unlock b lock a unlock a'],
    ['where the second one is not waited for', `${ab}lock b trylock a unlock a unlock b`],
    ['two pairs with one in common', `${ab}lock c lock b unlock b unlock c lock a lock c unlock c unlock a`],
  ])('are none: %s', async (_, script) => {
    expect(await caught(await mutant(script))).toEqual([]);
  });

  test('are none where nobody watches', async () => {
    expect(await caught(await mutant(ab + ba), false)).toEqual([]);
  });
});
